/**
 * Rate limits of the messages of a sandbox.
 * @module
 */
import { expect, it } from 'vitest';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  SANDBOX_MESSAGES_BURST_MAX,
  SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX,
} from '../../../protocol/limits.js';
import { MessageRateLimit } from './message-rate.js';

it('the message limit accepts a burst of messages, then a number a second', () => {
  const limit = new MessageRateLimit(0);
  for (let i = 0; i < SANDBOX_MESSAGES_BURST_MAX; i++) expect(limit.check({}, 0)).toBeUndefined();
  expect(limit.check({}, 0)).toMatch(/more messages/);
  expect(limit.check({}, 1_000)).toBeUndefined();
});

it('the message limit accepts a number of outcome bytes for each batch', () => {
  const limit = new MessageRateLimit(0);
  const segment = new Uint8Array(SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX / 2);
  limit.batchSent();
  expect([limit.check({ segment }, 0), limit.check({ segment }, 0)]).toEqual([undefined, undefined]);
  expect(limit.check({ segment }, 0)).toMatch(/over 134217728 bytes/);
});

it('the message limit rejects console text above the limit of a slice', () => {
  const limit = new MessageRateLimit(0);
  expect(limit.check({ message: 'x' }, 0)).toBeUndefined();
  expect(limit.check({ message: 'x'.repeat(CONSOLE_BYTES_PER_SLICE_MAX + 1) }, 0)).toMatch(/longer text/);
});
