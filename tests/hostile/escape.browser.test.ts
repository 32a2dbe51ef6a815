/**
 * A few channels out of the sandbox, tried as real jobs in a real Chromium: nothing gets out, nothing is seen.
 * @module
 */
import { expect, it } from 'vitest';
import { SELECTION } from './channels/index.js';
import { openChromium } from './rig/browsers.js';
import { openEscapeRig } from './rig/escape-rig.js';

it('nothing gets out of a sandbox in Chromium', async () => {
  const rig = await openEscapeRig(() => openChromium());
  const outcomes = await rig.attempt(SELECTION);
  const seen = [...rig.listeners.seen];
  const names = await rig.close();
  expect(outcomes.filter(({ through }) => through)).toEqual([]);
  expect(outcomes).toHaveLength(SELECTION.length);
  expect({ seen, names }).toEqual({ seen: [], names: [] });
});
