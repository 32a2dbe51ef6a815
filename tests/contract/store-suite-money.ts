/**
 * What every store promises where credits are at stake.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import type { WireOffer } from '../../src/protocol/messages/messages.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { codeOf, wholeJournal, type OpenStore, eachStore } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  drain,
  offerOf,
  OWNER,
  PAYEE,
  PAYER,
  perform,
  rangeInput,
} from './store-commands.js';

export function moneyStoreContract(name: string, open: OpenStore): void {
  describe(`${name} keeps the books`, () => {
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;

    eachStore(1, (made) => ({ store, clock, random } = made), open);

    it('pays each outcome once up to the ceiling, pauses without funds, continues after a top-up, and refunds the remainder', async () => {
      await perform(store, 'mint', { account: PAYER, amount: 1_000n, mintId: newId(random) });
      const jobId = await deployJob(store, random, offerOf(random, clock, { price: 10n, ceiling: 50n }));
      await appendTo(store, random, jobId, rangeInput(8));
      await perform(store, 'close', { jobId, owner: OWNER });
      await drain(store, random, clock);
      expect((await store.status(jobId))!.status).toMatchObject({
        runStatus: 'paused',
        accepted: 5,
        paid: 50n,
      });
      expect(await store.account(PAYEE)).toMatchObject({ balance: 50n, earned: 50n });
      const topup = offerOf(random, clock, { price: 10n, ceiling: 500n });
      await perform(store, 'topup', { jobId, owner: OWNER, offer: topup });
      await perform(store, 'topup', { jobId, owner: OWNER, offer: topup });
      expect(await store.account(PAYER)).toMatchObject({ balance: 920n, escrow: 30n });
      await drain(store, random, clock);
      expect((await store.status(jobId))!.status).toMatchObject({ runStatus: 'finished', paid: 80n });
      expect(await store.account(PAYER)).toMatchObject({ balance: 920n, escrow: 0n });
      const kinds = (await wholeJournal(store, jobId)).map((row) => row.event.kind);
      expect(kinds).toContain('paused');
      expect(kinds).toContain('resumed');
    });

    it('pauses no job that has no slice to pay for, and takes what an account has left', async () => {
      await perform(store, 'mint', { account: PAYER, amount: 100n, mintId: newId(random) });
      const terms = { price: 40n, ceiling: 80n };
      const jobs = [
        await deployJob(store, random, offerOf(random, clock, terms)),
        await deployJob(store, random, offerOf(random, clock, terms)),
      ];
      for (const jobId of jobs) await appendTo(store, random, jobId, rangeInput(2));
      expect(await store.account(PAYER)).toMatchObject({ balance: 0n, escrow: 100n });
      await drain(store, random, clock);
      const status = await Promise.all(jobs.map(async (jobId) => (await store.status(jobId))!.status));
      expect(status).toMatchObject([
        { runStatus: 'running', accepted: 2, paid: 80n },
        { runStatus: 'paused', reason: 'nofunds', accepted: 0, paid: 0n },
      ]);
      // Nothing is left for another slice of the first one.
      await appendTo(store, random, jobs[0]!, rangeInput(1));
      expect((await store.status(jobs[0]!))!.status).toMatchObject({
        runStatus: 'paused',
        reason: 'nofunds',
      });
    });

    it('refuses a top-up for another package, account or price, or with a lower ceiling', async () => {
      await perform(store, 'mint', { account: PAYER, amount: 100n, mintId: newId(random) });
      const terms = { price: 2n, ceiling: 10n };
      const jobId = await deployJob(store, random, offerOf(random, clock, terms));
      const topup = (change: Partial<WireOffer>) =>
        perform(store, 'topup', {
          jobId,
          owner: OWNER,
          offer: { ...offerOf(random, clock, terms), ...change },
        });
      for (const change of [
        { packageDigest: '1'.repeat(64) },
        { account: PAYEE },
        { pricePerSlice: 3n },
        { ceiling: 9n },
      ])
        expect(await codeOf(topup(change))).toBe('OFFER_MISMATCH');
      expect(await topup({ ceiling: 10n })).toMatchObject({ jobId, runStatus: 'running' });
    });

    it('refuses offers that are replayed, expired, underfunded or too low', async () => {
      await perform(store, 'mint', { account: PAYER, amount: 100n, mintId: newId(random) });
      const good = offerOf(random, clock, { price: 1n, ceiling: 100n });
      await deployJob(store, random, good);
      expect(await codeOf(deployJob(store, random, good))).toBe('OFFER_REPLAYED');
      const late = { ...offerOf(random, clock, { price: 1n, ceiling: 1n }), acceptBeforeMs: clock.nowMs - 1 };
      expect(await codeOf(deployJob(store, random, late))).toBe('OFFER_EXPIRED');
      const poor = offerOf(random, clock, { price: 1n, ceiling: 101n });
      await expect(deployJob(store, random, poor)).rejects.toMatchObject({
        code: 'OFFER_UNDERFUNDED',
        info: { ceiling: '101', balance: '100', account: PAYER },
        message: expect.stringContaining('manyhands account mint') as string,
      });
      const low = perform(store, 'deploy', {
        jobId: newId(random),
        owner: OWNER,
        package: new Uint8Array(1),
        digest: '0'.repeat(64),
        worktime: { name: 'map-basic', range: '*' },
        groups: [{ key: 'public' }],
        minimumPrice: 2n,
      });
      expect(await codeOf(low)).toBe('OFFER_TOO_LOW');
    });
  });
}
