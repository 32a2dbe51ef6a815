/**
 * Every channel out of the sandbox, as real jobs in a real Firefox.
 * @module
 */
import { expect, it } from 'vitest';
import { CHANNELS } from './channels/index.js';
import { openFirefox } from './rig/browsers.js';
import { openEscapeRig } from './rig/escape-rig.js';

it('nothing gets out of a sandbox in Firefox', async () => {
  const rig = await openEscapeRig(openFirefox);
  const outcomes = await rig.attempt(CHANNELS);
  const seen = [...rig.listeners.seen];
  await rig.close();
  expect(outcomes.filter(({ through }) => through)).toEqual([]);
  expect(outcomes).toHaveLength(CHANNELS.length);
  expect(seen).toEqual([]);
});
