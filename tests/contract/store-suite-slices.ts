/**
 * What every store promises when a job's owner cancels slices or runs failed ones again, sets policies, or workers store
 * checkpoints.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { SLICE_REQUESTS_PER_JOB_MAX } from '../../src/protocol/limits.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { codeOf, eachStore, outcomesOf, wholeJournal, type OpenStore } from './store-fixture.js';
import {
  appendTo,
  deployJob,
  drain,
  leaseFor,
  offerOf,
  OWNER,
  PAYEE,
  PAYER,
  perform,
  performWithEvents,
  rangeInput,
  reportOf,
  workerDescription,
  type ManualClock,
} from './store-commands.js';

export function sliceStoreContract(name: string, open: OpenStore): void {
  describe(`${name} cancels and retries slices`, () => {
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;

    eachStore(1, (made) => ({ store, clock, random } = made), open);

    const requestOf = (jobId: string, from: number, to: number) => ({
      jobId,
      owner: OWNER,
      requestId: newId(random),
      from,
      to,
    });
    const cancel = (jobId: string, from: number, to: number) =>
      perform(store, 'cancelSlices', { ...requestOf(jobId, from, to), reason: 'not needed' });
    const retry = (jobId: string, from = 1, to = Number.MAX_SAFE_INTEGER) =>
      perform(store, 'retrySlices', requestOf(jobId, from, to));
    const close = (jobId: string) => perform(store, 'close', { jobId, owner: OWNER });
    const statusOf = async (jobId: string) => (await store.status(jobId))!.status;
    const kindsOf = async (jobId: string) =>
      (await wholeJournal(store, jobId)).map(({ event }) => event.kind);

    /** A job of so many slices, which may fail at the first error. */
    async function jobOf(slices: number, policies: { attempts?: number; failFast?: boolean } = {}) {
      const jobId = newId(random);
      await perform(store, 'deploy', {
        jobId,
        owner: OWNER,
        package: new Uint8Array([1]),
        digest: '0'.repeat(64),
        worktime: { name: 'map-basic', range: '*' },
        groups: [{ key: 'public' }],
        minimumPrice: 0n,
        ...policies,
      });
      await appendTo(store, random, jobId, rangeInput(slices));
      return jobId;
    }

    /** Runs the next slices of the job on a new worker, with that value or error for each. */
    async function run(outcome: unknown, slices = 1): Promise<void> {
      for (let done = 0; done < slices; done++) {
        const worker = workerDescription(random, { paymentAddress: `0x${newHex(random)}` });
        const lease = (await leaseFor(store, random, worker))!;
        await perform(store, 'report', reportOf(lease, worker, lease.first, [outcome]));
        const { leaseId } = lease;
        await perform(store, 'releaseLease', { leaseId, workerId: worker.workerId, from: lease.first + 1 });
      }
    }

    it('fails the cancelled slices that are not done, revokes their leases, and keeps what is done', async () => {
      const jobId = await jobOf(10);
      await run('done');
      const worker = workerDescription(random);
      const lease = (await leaseFor(store, random, worker))!;
      const request = { ...requestOf(jobId, 1, 4), reason: 'not needed' };
      const { value, events } = await performWithEvents(store, 'cancelSlices', request);
      expect(value).toMatchObject({ count: 3, status: { failed: 3, cancelled: 3, accepted: 1, leased: 0 } });
      expect(events.revoked).toEqual([{ leaseId: lease.leaseId, reason: 'its slices were cancelled' }]);
      expect(await codeOf(perform(store, 'report', reportOf(lease, worker, lease.first, ['late'])))).toBe(
        'LEASE_LOST',
      );
      const outcomes = outcomesOf(await wholeJournal(store, jobId));
      expect([...outcomes.keys()].sort()).toEqual([1, 2, 3, 4]);
      expect(outcomes.get(1)).toBe('done');
      expect(outcomes.get(3)).toMatchObject({
        code: 'SLICE_CANCELLED',
        message: expect.stringContaining('not needed') as string,
      });
      // The same request again changes nothing.
      expect(await perform(store, 'cancelSlices', request)).toMatchObject({ count: 3 });
      expect(await cancel(jobId, 1, 4)).toMatchObject({ count: 0 });
      await close(jobId);
      await drain(store, random, clock);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished', accepted: 7, failed: 3 });
    });

    it('finishes a closed job whose last slices are cancelled, and does not count them as failures of its work', async () => {
      const jobId = await jobOf(1_000);
      await cancel(jobId, 2, 1_000);
      await run(new Error('bad'), 2);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'running', failed: 1_000, cancelled: 999 });
      await close(jobId);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished' });
    });

    it('cancels a million slices in one request of few bytes, and goes on where it ended', async () => {
      const jobId = await jobOf(1_500_000);
      const first = await cancel(jobId, 1, 1_500_000);
      expect(first).toMatchObject({ count: 1_048_576, next: 1_048_577 });
      expect(await cancel(jobId, first.next!, 1_500_000)).toMatchObject({ count: 451_424 });
      const { parts } = await store.results(jobId, 1, 1_500_000, 1_000_000);
      expect(parts.reduce((sum, part) => sum + part.count, 0)).toBe(1_500_000);
      expect(await retry(jobId, 70_000, 80_000)).toMatchObject({
        count: 10_001,
        status: { failed: 1_489_999, cancelled: 1_489_999 },
      });
    });

    it('returns the credits of cancelled slices, and takes them again for slices that are retried', async () => {
      await perform(store, 'mint', { account: PAYER, amount: 1_000n, mintId: newId(random) });
      const jobId = await deployJob(store, random, offerOf(random, clock, { price: 10n, ceiling: 100n }));
      await appendTo(store, random, jobId, rangeInput(10));
      expect(await store.account(PAYER)).toMatchObject({ balance: 900n, escrow: 100n });
      await cancel(jobId, 4, 10);
      expect(await store.account(PAYER)).toMatchObject({ balance: 970n, escrow: 30n });
      await close(jobId);
      await drain(store, random, clock);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished', paid: 30n });
      const request = requestOf(jobId, 1, 5);
      expect(await perform(store, 'retrySlices', request)).toMatchObject({ count: 2 });
      expect(await store.account(PAYER)).toMatchObject({ balance: 950n, escrow: 20n });
      await drain(store, random, clock);
      // Repeated after the job has ended again, it runs nothing and pays nothing.
      expect(await perform(store, 'retrySlices', request)).toMatchObject({ count: 2 });
      expect(await statusOf(jobId)).toMatchObject({
        runStatus: 'finished',
        accepted: 5,
        failed: 5,
        paid: 50n,
      });
      expect(await store.account(PAYEE)).toMatchObject({ earned: 50n });
      expect(await store.account(PAYER)).toMatchObject({ balance: 950n, escrow: 0n });
    });

    it('runs the failed slices of a finished job again, from the middle of stored outcomes, with fresh attempts', async () => {
      const jobId = await jobOf(5, { attempts: 1 });
      await close(jobId);
      await run('one');
      await run(new Error('bad'), 3);
      await run('five');
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished', accepted: 2, failed: 3 });
      expect(await retry(jobId, 3, 3)).toMatchObject({
        count: 1,
        status: { runStatus: 'running', failed: 2 },
      });
      expect(await kindsOf(jobId)).toEqual(expect.arrayContaining(['reopened', 'retried']) as string[]);
      expect(await kindsOf(jobId)).not.toContain('completed');
      await run('three');
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished', accepted: 3, failed: 2 });
      expect(await retry(jobId)).toMatchObject({ count: 2 });
      await drain(store, random, clock);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished', accepted: 5, failed: 0 });
      const rows = await wholeJournal(store, jobId);
      expect(outcomesOf(rows).get(3)).toBe('three');
      expect(rows.filter(({ event }) => event.kind === 'completed')).toHaveLength(1);
      expect(await retry(jobId)).toMatchObject({ count: 0, status: { runStatus: 'finished' } });
    });

    it('cuts a stored segment of several outcomes where only some of them run again', async () => {
      const jobId = await jobOf(6, { attempts: 1 });
      const worker = workerDescription(random);
      const first = (await leaseFor(store, random, worker))!;
      await perform(store, 'report', reportOf(first, worker, 1, [1]));
      const lease = (await leaseFor(store, random, worker))!;
      const bad = new Error('bad');
      const values = [2, bad, bad, 5].slice(0, lease.count);
      await perform(store, 'report', reportOf(lease, worker, 2, values));
      expect(await retry(jobId, 3, 3)).toMatchObject({ count: 1 });
      const before = outcomesOf(await wholeJournal(store, jobId));
      expect(before.has(3)).toBe(false);
      expect(before.get(2)).toBe(2);
      await close(jobId);
      await drain(store, random, clock);
      const outcomes = outcomesOf(await wholeJournal(store, jobId));
      expect(outcomes.get(3)).toBe(3);
      expect(outcomes.size).toBe(6);
    });

    it('refuses them to another owner, for a cancelled job, and beyond the limit of requests', async () => {
      const jobId = await jobOf(3);
      const stranger = { ...requestOf(jobId, 1, 3), owner: PAYER };
      expect(await codeOf(perform(store, 'retrySlices', stranger))).toBe('NOT_OWNER');
      expect(await codeOf(perform(store, 'cancelSlices', { ...stranger, reason: '' }))).toBe('NOT_OWNER');
      const requests = Array.from({ length: SLICE_REQUESTS_PER_JOB_MAX }, () => ({
        name: 'retrySlices' as const,
        ...requestOf(jobId, 1, 3),
      }));
      await store.commit(requests);
      expect(await codeOf(retry(jobId))).toBe('LIMIT_EXCEEDED');
      const other = await jobOf(3);
      await perform(store, 'cancel', { jobId: other, owner: OWNER, reason: 'enough' });
      expect(await codeOf(retry(other))).toBe('JOB_CANCELLED');
    });

    it('keeps a job that the operator has paused paused, when its slices are cancelled and run again', async () => {
      const jobId = await jobOf(3);
      await close(jobId);
      await perform(store, 'pauseJob', { jobId, reason: 'wait' });
      await cancel(jobId, 1, 3);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished' });
      expect(await retry(jobId)).toMatchObject({ count: 3, status: { runStatus: 'paused', reason: 'wait' } });
      await perform(store, 'resumeJob', { jobId });
      await drain(store, random, clock);
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'finished', accepted: 3 });
    });

    it.each([1, 4])(
      'fails a slice after the %i attempts that its job gives it, on whichever workers',
      async (attempts) => {
        const jobId = await jobOf(2, { attempts });
        await run(new Error('bad'), attempts - 1);
        expect(await statusOf(jobId)).toMatchObject({ failed: 0 });
        await run(new Error('bad'));
        expect(await statusOf(jobId)).toMatchObject({ failed: 1 });
      },
    );

    it('cancels a job that fails fast with its first failed slice, and names that slice and its error', async () => {
      const jobId = await jobOf(9, { attempts: 1, failFast: true });
      await run('fine', 2);
      await run(new RangeError('too large'));
      expect(await statusOf(jobId)).toMatchObject({ runStatus: 'cancelled', accepted: 2, failed: 1 });
      expect((await statusOf(jobId)).reason).toContain('slice 3: RangeError: too large');
    });

    it('gives the checkpoint of a lost slice to its next attempt, and deletes it with the outcome', async () => {
      const jobId = await jobOf(3);
      await run('one');
      const worker = workerDescription(random);
      const { workerId } = worker;
      const lease = (await leaseFor(store, random, worker))!;
      const { leaseId } = lease;
      const state = (...bytes: number[]) => ({ leaseId, workerId, slice: 2, state: Uint8Array.from(bytes) });
      await perform(store, 'checkpoint', state(1));
      await perform(store, 'checkpoint', state(2, 2));
      const stranger = { ...state(3), workerId: newId(random) };
      expect(await codeOf(perform(store, 'checkpoint', stranger))).toBe('LEASE_LOST');
      expect(await codeOf(perform(store, 'checkpoint', { ...state(3), slice: 1 }))).toBe('LEASE_LOST');
      const failure = { code: 'SANDBOX_CRASHED', message: 'gone' };
      await perform(store, 'report', { ...reportOf(lease, worker, 2, []), failure });
      expect(await codeOf(perform(store, 'checkpoint', state(4)))).toBe('LEASE_LOST');
      const other = workerDescription(random);
      const next = (await leaseFor(store, random, other))!;
      expect(next).toMatchObject({
        first: 2,
        count: 1,
        checkpoint: { sliceNumber: 2, state: Uint8Array.of(2, 2) },
      });
      await perform(store, 'report', reportOf(next, other, 2, ['two']));
      // The first worker still holds the slice behind it.
      await perform(store, 'checkpoint', { ...state(5), slice: 3 });
      await perform(store, 'cancel', { jobId, owner: OWNER, reason: '' });
    });

    it('lists jobs by tag, with their tags and metadata', async () => {
      const tagged = async (...tags: string[]) => {
        const jobId = newId(random);
        const metadata = Uint8Array.of(tags.length);
        const worktime = { name: 'map-basic', range: '*' };
        const terms = { worktime, groups: [{ key: 'public' }], minimumPrice: 0n };
        const digest = '0'.repeat(64);
        const body = { jobId, owner: OWNER, package: new Uint8Array(1), digest, ...terms, tags, metadata };
        await perform(store, 'deploy', body);
        clock.nowMs += 1;
        return jobId;
      };
      const [a, ab] = [await tagged('a'), await tagged('a', 'b')];
      await jobOf(1);
      const idsOf = async (query: Partial<Parameters<Store['jobs']>[0]>) =>
        (await store.jobs({ limit: 9, ...query })).map(({ status }) => status.jobId);
      expect(await idsOf({ owner: OWNER, tag: 'a' })).toEqual([ab, a]);
      expect(await idsOf({ tag: 'b' })).toEqual([ab]);
      expect(await idsOf({ owner: OWNER, tag: 'a', after: ab })).toEqual([a]);
      expect(await idsOf({ tag: 'a', after: ab })).toEqual([a]);
      expect(await idsOf({ owner: PAYER, tag: 'a' })).toEqual([]);
      const [first] = await store.jobs({ owner: OWNER, tag: 'b', limit: 1 });
      expect(first).toMatchObject({ tags: ['a', 'b'] });
      expect([...first!.metadata!]).toEqual([2]);
    });
  });
}

const newHex = (random: SeededRandom): string =>
  Array.from({ length: 40 }, () => Math.floor(random.next() * 16).toString(16)).join('');
