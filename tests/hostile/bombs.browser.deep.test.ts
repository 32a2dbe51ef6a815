/**
 * Bombs: each first runs in a plain Worker, where it must work, and then as a real job in the tab of a donor beside another
 * job: it is stopped by its time limit or memory limit, the page does not stall, and the other job gets all its results.
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOMBS } from './bombs.js';
import { expectStopped, LIMIT_MS, type Donor } from './fixtures/run-bomb.js';
import { isEffective } from './fixtures/bomb-controls.js';
import { openChromium } from './fixtures/browsers.js';
import { openEscapeFixture, type EscapeFixture } from './fixtures/escape-fixture.js';

/** Measures the turns of its event loop as the donor page does. */
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

describe('in a Worker without a sandbox', () => {
  for (const bomb of BOMBS) {
    it(`the bomb exhausts its resource: ${bomb.id}`, async () => {
      expect(await isEffective(bomb, LIMIT_MS)).toBe(true);
    });
  }
});

describe('a resource bomb in a sandbox', () => {
  let fixture: EscapeFixture;
  let donor: Donor;
  const table: string[] = [];
  beforeAll(async () => {
    fixture = await openEscapeFixture(() => openChromium());
    donor = await donorOf(fixture);
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    process.stdout.write(`${table.join('\n')}\n`);
  });

  for (const bomb of BOMBS) {
    it(`is stopped by the page: ${bomb.id}`, async () => {
      table.push(await expectStopped(donor, bomb));
    });
  }
});

/** The donor page, and an unrelated page in another process. */
async function donorOf({ browser }: EscapeFixture): Promise<Donor> {
  const other = await browser.beside('data:text/html,<!doctype html><title>Bystander</title>');
  await other(BYSTANDER);
  const asked = <T>(what: 'ended' | 'isTriedOnce', jobId: string): Promise<T> =>
    browser.evaluate<T>(`hostilePage.${what}(${JSON.stringify(jobId)})`);
  return {
    memory: () => browser.memory(),
    threadTicks: () => browser.workerTicks(),
    ended: (jobId) => asked('ended', jobId),
    isTriedOnce: (jobId) => asked('isTriedOnce', jobId),
    longestStall: () => browser.evaluate('hostilePage.longestStall()'),
    bystander: {
      reset: async () => void (await other('longest = 0')),
      longestStall: () => other('longest'),
    },
  };
}
