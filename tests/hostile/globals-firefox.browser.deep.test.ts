/**
 * What a job finds in a real Firefox: the globals of every other kind of sandbox, but for what is named of engines.
 * @module
 */
import { expect, it } from 'vitest';
import { computeFor } from 'manyhands';
import { differencesOf, LIST_GLOBALS, LISTED_NAMES } from '../contract/worktime-suite-globals.js';
import { openFirefox } from './fixtures/browsers.js';
import { openEscapeFixture } from './fixtures/escape-fixture.js';

it('the globals in Firefox are the same as in every other kind of sandbox, except for the listed ones', async () => {
  const fixture = await openEscapeFixture(openFirefox);
  try {
    const [seen] = await computeFor<string[]>([LISTED_NAMES], LIST_GLOBALS).exec();
    expect(differencesOf(seen!)).toEqual({ missing: [], more: [] });
  } finally {
    await fixture.close();
  }
});
