/**
 * Bombs, each first seen to go off without defence, then as real jobs in a donor's tab beside another job: each is
 * stopped by its time or at its cap, the page never stalls, and the other job loses nothing.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOMBS } from './bombs.js';
import { expectStopped, LIMIT_MS, type Donor } from './rig/blasts.js';
import { goesOff } from './rig/bomb-controls.js';
import { openChromium } from './rig/browsers.js';
import { openEscapeRig, type EscapeRig } from './rig/escape-rig.js';

/** Measures its turns as the donor's page does. */
const BYSTANDER = `(() => {
  let last = performance.now();
  window.longest = 0;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    setTimeout(() => port2.postMessage(0), 4);
  };
  port2.postMessage(0);
})()`;

describe('without defence', () => {
  for (const bomb of BOMBS) {
    it(`it goes off: ${bomb.id}`, async () => {
      expect(await goesOff(bomb, LIMIT_MS)).toBe(true);
    });
  }
});

describe('a bomb', () => {
  let rig: EscapeRig;
  let donor: Donor;
  const table: string[] = [];
  beforeAll(async () => {
    rig = await openEscapeRig(() => openChromium());
    donor = await donorOf(rig);
  }, 60_000);
  afterAll(async () => {
    await rig.close();
    process.stdout.write(`${table.join('\n')}\n`);
  });

  for (const bomb of BOMBS) {
    it(`is stopped: ${bomb.id}`, async () => {
      table.push(await expectStopped(donor, bomb));
    });
  }
});

/** The page, and another that has nothing to do with the worker, in a process of its own. */
async function donorOf({ browser }: EscapeRig): Promise<Donor> {
  const other = await browser.beside('data:text/html,<!doctype html><title>Bystander</title>');
  await other(BYSTANDER);
  const asked = <T>(what: 'ended' | 'isTriedOnce', jobId: string): Promise<T> =>
    browser.evaluate<T>(`hostilePage.${what}(${JSON.stringify(jobId)})`);
  return {
    memory: () => browser.memory(),
    ended: (jobId) => asked('ended', jobId),
    isTriedOnce: (jobId) => asked('isTriedOnce', jobId),
    longestStall: () => browser.evaluate('hostilePage.longestStall()'),
    bystander: {
      reset: async () => void (await other('longest = 0')),
      longestStall: () => other('longest'),
    },
  };
}
