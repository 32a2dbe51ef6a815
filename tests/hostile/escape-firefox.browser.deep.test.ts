/**
 * Every channel out of the sandbox, as real jobs in a real Firefox.
 * @module
 */
import { expect, it } from 'vitest';
import { CHANNELS } from './channels/index.js';
import { openFirefox } from './fixtures/browsers.js';
import { openEscapeFixture } from './fixtures/escape-fixture.js';

it('no channel leads out of a sandbox in Firefox', async () => {
  const fixture = await openEscapeFixture(openFirefox);
  const outcomes = await fixture.attempt(CHANNELS);
  const seen = [...fixture.listeners.seen];
  await fixture.close();
  expect(outcomes.filter(({ through }) => through)).toEqual([]);
  expect(outcomes).toHaveLength(CHANNELS.length);
  expect(seen).toEqual([]);
});
