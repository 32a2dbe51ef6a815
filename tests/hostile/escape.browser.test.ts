/**
 * A few channels out of the sandbox, tried as real jobs in a real Chromium: nothing gets out, nothing is seen.
 * @module
 */
import { expect, it } from 'vitest';
import { SELECTION } from './channels/index.js';
import { openChromium } from './fixtures/browsers.js';
import { openEscapeFixture } from './fixtures/escape-fixture.js';

it('no channel leads out of a sandbox in Chromium', async () => {
  const fixture = await openEscapeFixture(() => openChromium());
  const outcomes = await fixture.attempt(SELECTION);
  const seen = [...fixture.listeners.seen];
  const names = await fixture.close();
  expect(outcomes.filter(({ through }) => through)).toEqual([]);
  expect(outcomes).toHaveLength(SELECTION.length);
  expect({ seen, names }).toEqual({ seen: [], names: [] });
});
