/**
 * What a sandbox may say.
 * @module
 */
import { expect, it } from 'vitest';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  SANDBOX_MESSAGES_BURST_MAX,
  SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX,
} from '../../../protocol/limits.js';
import { MessageRation } from './message-rate.js';

it('takes a burst of messages, then so many a second', () => {
  const ration = new MessageRation(0);
  for (let i = 0; i < SANDBOX_MESSAGES_BURST_MAX; i++) expect(ration.heard({}, 0)).toBeUndefined();
  expect(ration.heard({}, 0)).toMatch(/more messages/);
  expect(ration.heard({}, 1_000)).toBeUndefined();
});

it('takes so many bytes of outcomes for each batch', () => {
  const ration = new MessageRation(0);
  const segment = new Uint8Array(SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX / 2);
  ration.fed();
  expect([ration.heard({ segment }, 0), ration.heard({ segment }, 0)]).toEqual([undefined, undefined]);
  expect(ration.heard({ segment }, 0)).toMatch(/over 134217728 bytes/);
});

it('takes no text that is longer than a slice may say', () => {
  const ration = new MessageRation(0);
  expect(ration.heard({ message: 'x' }, 0)).toBeUndefined();
  expect(ration.heard({ message: 'x'.repeat(CONSOLE_BYTES_PER_SLICE_MAX + 1) }, 0)).toMatch(/longer text/);
});
