/**
 * What every store promises where workers, owners or luck are against it: no lie of one peer makes a job unreadable,
 * unending or dear for the others.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { encodeMessage } from '../../src/protocol/wire/codec.js';
import {
  LEASE_MS,
  LEASE_SLICES_MAX,
  LEASES_PER_WORKER_MAX,
  REASON_LENGTH_MAX,
  RESULTS_BYTES_MAX,
  SLICE_TIMEOUT_MS_MAX,
  UNITS_MAX,
} from '../../src/protocol/limits.js';
import type { Lease } from '../../src/protocol/messages/messages.js';
import { SegmentWriter } from '../../src/protocol/segment/segment.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { codeOf, type OpenStore, eachStore } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  offerOf,
  OWNER,
  PAYEE,
  PAYER,
  perform,
  rangeInput,
  reportOf,
  segmentOf,
  workerDescription,
} from './store-commands.js';

/** Outcomes of which every other one is an error of no content: the most parts that a report can fall into. */
function chequered(count: number): Uint8Array {
  const writer = new SegmentWriter();
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) writer.appendValue(null);
    else writer.appendEnvelope(2, new Uint8Array(0));
  }
  return writer.finish();
}

export function hostileStoreContract(name: string, open: OpenStore): void {
  describe(`${name} as a store among strangers`, () => {
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;

    eachStore(3, (made) => ({ store, clock, random } = made), open);

    it('truncates the reason of a job that no worker could load to the limit of messages', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(10));
      const worker = workerDescription(random);
      const lost = { code: 'ASSIGN_FAILED', message: '\u{1f4a5}'.repeat(8_000) };
      for (let i = 0; i < 3; i++) {
        const lease = (await leaseFor(store, random, worker))!;
        await perform(store, 'report', { ...reportOf(lease, worker, lease.first, []), failure: lost });
      }
      const { status } = (await store.status(jobId))!;
      expect(status.runStatus).toBe('cancelled');
      expect(status.reason!.length).toBeLessThanOrEqual(REASON_LENGTH_MAX);
      const { rows } = await store.journal(jobId, 0, RESULTS_BYTES_MAX);
      for (const { event } of rows) if (event.kind === 'cancelled') expect(event.reason).toBe(status.reason);
    });

    it('returns a journal row of thousands of parts in pages that fit into messages', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(4_000_000));
      const worker = workerDescription(random);
      const report = (lease: Lease, segment: Uint8Array) => {
        const { leaseId, first, count } = lease;
        const { workerId } = worker;
        return perform(store, 'report', { leaseId, workerId, first, count, computeMs: 0, segment });
      };
      const whole: Lease[] = [];
      while (whole.length < 2) {
        const lease = (await leaseFor(store, random, worker))!;
        if (lease.count === LEASE_SLICES_MAX) whole.push(lease);
        else await report(lease, segmentOf(Array.from({ length: lease.count }, () => 1)));
      }
      for (const lease of whole) await report(lease, chequered(lease.count));
      let after = 0;
      for (;;) {
        const { rows } = await store.journal(jobId, after, RESULTS_BYTES_MAX);
        if (rows.length === 0) break;
        expect(encodeMessage({ type: 'job.journal', jobId, rows }).length).toBeGreaterThan(0);
        after = rows.at(-1)!.seq;
      }
      expect(after).toBe((await store.status(jobId))!.status.cursor);
    });

    it('refuses to mint more than the largest amount', async () => {
      const mint = (account: string, amount: bigint) =>
        perform(store, 'mint', { account, amount, mintId: newId(random) });
      await mint(PAYER, UNITS_MAX - 5n);
      await expect(mint(PAYEE, UNITS_MAX)).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        info: { limit: 'UNITS_MAX', max: Number(UNITS_MAX), actual: Number(2n * UNITS_MAX - 5n) },
      });
      expect(await codeOf(mint(PAYEE, 6n))).toBe('LIMIT_EXCEEDED');
      expect(await codeOf(mint(PAYER, 6n))).toBe('LIMIT_EXCEEDED');
      expect(await mint(PAYEE, 5n)).toEqual({ balance: 5n });
      expect(await store.account(PAYER)).toMatchObject({ balance: UNITS_MAX - 5n });
    });

    it('grants one worker at most the limit of leases, however often it asks', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(10_000));
      const worker = workerDescription(random);
      for (let i = 0; i < LEASES_PER_WORKER_MAX; i++)
        expect(await leaseFor(store, random, worker)).toBeDefined();
      expect(await leaseFor(store, random, worker)).toBeUndefined();
      expect(await leaseFor(store, random, workerDescription(random))).toBeDefined();
    });

    it('takes back a lease that is renewed without progress', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(10));
      const worker = workerDescription(random);
      const { leaseId } = (await leaseFor(store, random, worker))!;
      const renew = () => perform(store, 'renewLeases', { leaseIds: [leaseId], workerId: worker.workerId });
      clock.nowMs += SLICE_TIMEOUT_MS_MAX;
      await renew();
      expect(await store.nextDeadline()).toBe(clock.nowMs + LEASE_MS);
      clock.nowMs += SLICE_TIMEOUT_MS_MAX + LEASE_MS;
      await renew();
      await perform(store, 'reattachLeases', { workerId: worker.workerId });
      expect(await perform(store, 'expireLeases', {})).toEqual({ expired: 1 });
    });

    it('bounds reported computing time by the age of the lease', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(1_000_000));
      const liar = workerDescription(random);
      const lease = (await leaseFor(store, random, liar))!;
      clock.nowMs += 10;
      await perform(store, 'report', { ...reportOf(lease, liar, 1, [1]), computeMs: SLICE_TIMEOUT_MS_MAX });
      expect((await leaseFor(store, random, liar))!.count).toBeGreaterThan(1);
    });

    it('computes earnings and escrow of an account correctly however its jobs ended', async () => {
      await perform(store, 'mint', { account: PAYER, amount: 1_000n, mintId: newId(random) });
      const jobId = await deployJob(store, random, offerOf(random, clock, { price: 7n, ceiling: 70n }));
      await appendTo(store, random, jobId, rangeInput(4));
      const worker = workerDescription(random);
      for (let i = 0; i < 2; i++) {
        const lease = (await leaseFor(store, random, worker))!;
        await perform(store, 'report', reportOf(lease, worker, lease.first, [1]));
      }
      expect(await store.account(PAYEE)).toEqual({ balance: 14n, escrow: 0n, earned: 14n });
      expect(await store.account(PAYER)).toEqual({ balance: 972n, escrow: 14n, earned: 0n });
      await perform(store, 'cancel', { jobId, owner: OWNER, reason: 'enough' });
      expect(await store.account(PAYER)).toEqual({ balance: 986n, escrow: 0n, earned: 0n });
    });

    it('finds a job for a worker with long lists of blocked jobs and owners, for each length of the lists', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(100));
      for (const length of [1, 2, 3, 5, 8, 600, 1_024]) {
        const others = Array.from({ length: length - 1 }, () => newId(random));
        const worker = workerDescription(random, { jobs: [...others, jobId] });
        expect((await leaseFor(store, random, worker))?.jobId).toBe(jobId);
        expect(await leaseFor(store, random, workerDescription(random, { jobs: others }))).toBeUndefined();
      }
    });

    it('finds the only job that a worker may run among thousands that it may not', async () => {
      const foreign = Array.from({ length: 700 }, () => ({ jobId: newId(random), appendId: newId(random) }));
      await store.commit(
        foreign.flatMap(({ jobId, appendId }) => [
          {
            name: 'deploy' as const,
            jobId,
            owner: OWNER,
            package: new Uint8Array([1]),
            digest: '0'.repeat(64),
            worktime: { name: 'map-basic', range: '^1.0.0' },
            groups: [{ key: 'lab', address: `0x${'1'.repeat(40)}` }],
            minimumPrice: 0n,
          },
          { name: 'append' as const, jobId, owner: OWNER, appendId, input: rangeInput(1) },
        ]),
      );
      const mine = await deployJob(store, random);
      await appendTo(store, random, mine, rangeInput(1));
      expect((await leaseFor(store, random, workerDescription(random)))?.jobId).toBe(mine);
      expect(await leaseFor(store, random, workerDescription(random))).toBeUndefined();
    });
  });
}
