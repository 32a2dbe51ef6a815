/**
 * What a job finds in a real Firefox: the globals of every other kind of sandbox, but for what is named of engines.
 * @module
 */
import { expect, it } from 'vitest';
import { computeFor } from 'manyhands';
import { differencesOf, LIST_GLOBALS, LISTED_NAMES } from '../contract/worktime-suite-globals.js';
import { openFirefox } from './rig/browsers.js';
import { openEscapeRig } from './rig/escape-rig.js';

it('the globals in Firefox are those of every other kind of sandbox, but for what is named', async () => {
  const rig = await openEscapeRig(openFirefox);
  try {
    const [seen] = await computeFor<string[]>([LISTED_NAMES], LIST_GLOBALS).exec();
    expect(differencesOf(seen!)).toEqual({ missing: [], more: [] });
  } finally {
    await rig.close();
  }
});
