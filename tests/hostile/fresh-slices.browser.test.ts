/**
 * Jobs whose slices each want a sandbox of their own: nothing of one slice is there for the next.
 * @module
 */
import { expect, it } from 'vitest';
import { computeFor } from 'manyhands';
import { openChromium } from './rig/browsers.js';
import { openEscapeRig } from './rig/escape-rig.js';

const COUNTING = '(x) => [x, (globalThis.seen = (globalThis.seen ?? 0) + 1)]';

it('a job gets a fresh sandbox for each slice where it asks for that', async () => {
  const rig = await openEscapeRig(() => openChromium(), { cores: 1 });
  const fresh = computeFor<[number, number]>([1, 2, 3, 4, 5, 6], COUNTING);
  fresh.isolation = 'slice';
  const apart = await fresh.exec();
  const together = await computeFor<[number, number]>([1, 2, 3], COUNTING).exec();
  await rig.close();
  expect([...apart]).toEqual([1, 2, 3, 4, 5, 6].map((x) => [x, 1]));
  expect([...together]).toEqual([1, 2, 3].map((x) => [x, x]));
});
