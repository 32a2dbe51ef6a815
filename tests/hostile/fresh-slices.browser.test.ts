/**
 * Jobs whose slices each want a sandbox of their own: nothing of one slice is there for the next.
 * @module
 */
import { expect, it } from 'vitest';
import { computeFor } from 'manyhands';
import { openChromium } from './fixtures/browsers.js';
import { openEscapeFixture } from './fixtures/escape-fixture.js';

const COUNTING = '(x) => [x, (globalThis.seen = (globalThis.seen ?? 0) + 1)]';

it('a job with isolation per slice gets a new sandbox for each slice', async () => {
  const fixture = await openEscapeFixture(() => openChromium(), { cores: 1 });
  const fresh = computeFor<[number, number]>([1, 2, 3, 4, 5, 6], COUNTING);
  fresh.isolation = 'slice';
  const apart = await fresh.exec();
  const together = await computeFor<[number, number]>([1, 2, 3], COUNTING).exec();
  await fixture.close();
  expect([...apart]).toEqual([1, 2, 3, 4, 5, 6].map((x) => [x, 1]));
  expect([...together]).toEqual([1, 2, 3].map((x) => [x, x]));
});
