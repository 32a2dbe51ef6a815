/**
 * What every store promises whatever is asked of it: its invariants hold under random commands.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { LEASE_MS } from '../../src/protocol/limits.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { codeOf, outcomesOf, wholeJournal, type OpenStore, eachStore } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  drain,
  leaseFor,
  offerOf,
  OWNER,
  PAYER,
  perform,
  rangeInput,
  reportOf,
  segmentInput,
  workerDescription,
} from './store-commands.js';

export function randomStoreContract(name: string, open: OpenStore): void {
  describe(`${name} under random commands`, () => {
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;

    eachStore(1, (made) => ({ store, clock, random } = made), open);

    it.each([1, 2, 3, 4, 5, 6, 7, 8])(
      'keeps its invariants under random commands (seed %i)',
      async (seed) => {
        random = new SeededRandom(seed);
        await perform(store, 'mint', { account: PAYER, amount: 100_000n, mintId: newId(random) });
        const jobs: string[] = [];
        const workers = Array.from({ length: 3 }, () => workerDescription(random));
        const held: { leaseId: string; first: number; count: number; worker: (typeof workers)[number] }[] =
          [];
        const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
        const acts: (() => Promise<unknown>)[] = [
          async () => {
            const paid = random.next() < 0.5;
            const offer = offerOf(random, clock, {
              price: 3n,
              ceiling: BigInt(Math.floor(random.next() * 900)),
            });
            jobs.push(await deployJob(store, random, paid ? offer : undefined));
          },
          () => appendTo(store, random, pick(jobs), rangeInput(1 + Math.floor(random.next() * 300))),
          () => appendTo(store, random, pick(jobs), segmentInput(['p', 'q', 'r'])),
          async () => {
            const worker = pick(workers);
            const lease = await leaseFor(store, random, worker, pick(jobs));
            if (lease !== undefined) held.push({ ...lease, worker });
          },
          async () => {
            const lease = pick(held);
            const count = 1 + Math.floor(random.next() * lease.count);
            const values = Array.from({ length: count }, () => (random.next() < 0.1 ? new Error('x') : 1));
            await perform(store, 'report', reportOf(lease, lease.worker, lease.first, values));
            lease.first += count;
            lease.count -= count;
          },
          async () => {
            const lease = pick(held);
            const lost = { code: 'NO_PROGRESS', message: 'silent' };
            await perform(store, 'report', {
              ...reportOf(lease, lease.worker, lease.first, []),
              failure: lost,
            });
            lease.first += 1;
            lease.count -= 1;
          },
          async () => {
            const lease = pick(held);
            const from = lease.first + Math.floor(random.next() * (lease.count + 1));
            await perform(store, 'releaseLease', {
              leaseId: lease.leaseId,
              workerId: lease.worker.workerId,
              from,
            });
          },
          async () => {
            clock.nowMs += random.next() * LEASE_MS;
            await perform(store, 'expireLeases', {});
          },
          () => {
            const from = 1 + Math.floor(random.next() * 200);
            const to = from + Math.floor(random.next() * 60);
            const request = { jobId: pick(jobs), owner: OWNER, requestId: newId(random), from, to };
            return random.next() < 0.4
              ? perform(store, 'cancelSlices', { ...request, reason: 'x' })
              : perform(store, 'retrySlices', request);
          },
          async () => {
            const { leaseId, first: slice, worker } = pick(held);
            const state = new Uint8Array(1 + Math.floor(random.next() * 9));
            await perform(store, 'checkpoint', { leaseId, workerId: worker.workerId, slice, state });
          },
          () => perform(store, 'shortenLeases', { workerId: pick(workers).workerId }),
          () => perform(store, random.next() < 0.3 ? 'close' : 'renewLeases', closeOrRenew()),
          async () => {
            if (random.next() < 0.1)
              await perform(store, 'cancel', { jobId: pick(jobs), owner: OWNER, reason: 'x' });
          },
        ];
        const closeOrRenew = () => ({
          jobId: pick(jobs),
          owner: OWNER,
          leaseIds: held.map((lease) => lease.leaseId),
          workerId: pick(workers).workerId,
        });
        await acts[0]!();
        for (let i = 0; i < 400; i++) {
          const code =
            held.length === 0 ? await codeOf(pick(acts.slice(0, 4))()) : await codeOf(pick(acts)());
          expect(code).not.toMatch(/INTERNAL|not coded/);
          if (i % 20 === 0) expect(await store.check()).toEqual([]);
        }
        for (const jobId of jobs) await codeOf(perform(store, 'close', { jobId, owner: OWNER }));
        await drain(store, random, clock);
        for (const jobId of jobs) {
          const { status } = (await store.status(jobId))!;
          const rows = await wholeJournal(store, jobId);
          expect(outcomesOf(rows).size).toBe(status.accepted + status.failed);
          expect(rows.at(-1)!.status).toEqual(status);
          if (status.runStatus === 'finished') expect(status.accepted + status.failed).toBe(status.total);
          else expect(['paused', 'cancelled']).toContain(status.runStatus);
        }
      },
    );
  });
}
