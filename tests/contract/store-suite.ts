/**
 * What every store promises. A store's test file calls this with a way to open one (again, on the same data).
 * @module
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { LOST_ATTEMPTS_MAX, LEASE_GRACE_MS, LEASE_MS, LEASE_SLICES_MAX } from '../../src/protocol/limits.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import {
  codeOf,
  outcomesOf,
  wholeJournal,
  type OpenStore,
  eachStore,
  type StoreUnderTest,
} from './store-fixture.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  drain,
  leaseFor,
  OWNER,
  PAYER,
  perform,
  rangeInput,
  reportOf,
  segmentInput,
  segmentOf,
  workerDescription,
} from './store-commands.js';

export function storeContract(name: string, open: OpenStore): void {
  describe(`${name} as a store`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;

    eachStore(1, (made) => ({ under, store, clock, random } = made), open);

    it('runs a job from deployment to completion, each slice once', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, segmentInput(['a', 'b', 'c']));
      await appendTo(store, random, jobId, rangeInput(1_000));
      await perform(store, 'close', { jobId, owner: OWNER });
      await drain(store, random, clock);
      const { status } = (await store.status(jobId))!;
      expect(status).toMatchObject({
        runStatus: 'finished',
        total: 1_003,
        accepted: 1_003,
        failed: 0,
        leased: 0,
      });
      const rows = await wholeJournal(store, jobId);
      expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => i + 1));
      expect(rows.at(0)!.event.kind).toBe('accepted');
      expect(rows.at(-1)!.event.kind).toBe('completed');
      const outcomes = outcomesOf(rows);
      expect(outcomes.size).toBe(1_003);
      for (const [slice, value] of outcomes) expect(value).toBe(slice);
    });

    it('stores a billion slices as one range until they are leased', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(1e9));
      const worker = workerDescription(random);
      const lease = (await leaseFor(store, random, worker))!;
      expect(lease).toMatchObject({ first: 1, count: 1 });
      expect(lease.inputs).toEqual([{ first: 1, input: { kind: 'range', start: 1, step: 1, count: 1 } }]);
      await perform(store, 'report', { ...reportOf(lease, worker, 1, [1]), computeMs: 0.001 });
      const second = (await leaseFor(store, random, worker))!;
      expect(second.first).toBe(2);
      expect(second.count).toBeGreaterThan(1);
      expect(second.count).toBeLessThanOrEqual(LEASE_SLICES_MAX);
    });

    it('replies to a repeated deploy, append, close, report and mint with the first reply, and changes nothing', async () => {
      const jobId = await deployJob(store, random);
      const deploy = {
        jobId,
        owner: OWNER,
        package: new Uint8Array([1, 2, 3]),
        digest: '0'.repeat(64),
        worktime: { name: 'map-basic', range: '^1.0.0' },
        groups: [{ key: 'public' }],
        minimumPrice: 0n,
      };
      await perform(store, 'deploy', deploy);
      expect(await codeOf(perform(store, 'deploy', { ...deploy, digest: '1'.repeat(64) }))).toBe(
        'JOB_EXISTS',
      );
      const append = { jobId, owner: OWNER, appendId: newId(random), input: segmentInput([1, 2]) };
      const once = await perform(store, 'append', append);
      expect(await perform(store, 'append', append)).toEqual(once);
      await perform(store, 'close', { jobId, owner: OWNER });
      await perform(store, 'close', { jobId, owner: OWNER });
      const mintId = newId(random);
      await perform(store, 'mint', { account: PAYER, amount: 5n, mintId });
      expect(await perform(store, 'mint', { account: PAYER, amount: 5n, mintId })).toEqual({ balance: 5n });
      const worker = workerDescription(random);
      const lease = (await leaseFor(store, random, worker))!;
      const report = reportOf(lease, worker, 1, ['x']);
      const reported = await perform(store, 'report', report);
      expect(await perform(store, 'report', report)).toEqual(reported);
      expect((await store.status(jobId))!.status).toMatchObject({ total: 2, accepted: 1 });
    });

    it('accepts a repeated report of an open lease, and counts it once', async () => {
      const { lease, worker, jobId } = await leaseOfTen();
      const report = reportOf(lease, worker, lease.first, [1, 2, 3]);
      await perform(store, 'report', report);
      expect(await perform(store, 'report', report)).toMatchObject({ paid: 0n });
      expect((await store.status(jobId))!.status.accepted).toBe(lease.first - 1 + 3);
    });

    /** A job of 100 slices of which one worker holds a lease of at least 10, with all in front of it done. */
    const leaseOfTen = async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, segmentInput(Array.from({ length: 100 }, (_, i) => i)));
      const worker = workerDescription(random);
      for (;;) {
        const lease = (await leaseFor(store, random, worker))!;
        if (lease.count >= 10) return { lease, worker, jobId };
        const values = Array.from({ length: lease.count }, (_, i) => lease.first + i);
        await perform(store, 'report', { ...reportOf(lease, worker, lease.first, values), computeMs: 0.1 });
      }
    };

    it('refuses commands of other owners, commands on closed and cancelled jobs, and reports that do not continue the lease', async () => {
      const { lease, worker, jobId } = await leaseOfTen();
      const stranger = { jobId, owner: PAYER };
      expect(await codeOf(perform(store, 'close', stranger))).toBe('NOT_OWNER');
      expect(await codeOf(perform(store, 'cancel', { ...stranger, reason: '' }))).toBe('NOT_OWNER');
      expect(await codeOf(perform(store, 'close', { jobId: newId(random), owner: OWNER }))).toBe(
        'JOB_UNKNOWN',
      );
      const other = workerDescription(random);
      expect(await codeOf(perform(store, 'report', reportOf(lease, other, lease.first, [1])))).toBe(
        'LEASE_LOST',
      );
      const skips = reportOf(lease, worker, lease.first + 1, [1]);
      expect(await codeOf(perform(store, 'report', skips))).toBe('MESSAGE_MALFORMED');
      const tooMany = reportOf(
        lease,
        worker,
        lease.first,
        Array.from({ length: lease.count + 1 }, () => 1),
      );
      expect(await codeOf(perform(store, 'report', tooMany))).toBe('MESSAGE_MALFORMED');
      const lying = { ...reportOf(lease, worker, lease.first, [1, 2]), count: 3 };
      expect(await codeOf(perform(store, 'report', lying))).toBe('SEGMENT_MALFORMED');
      await perform(store, 'close', { jobId, owner: OWNER });
      expect(await codeOf(appendTo(store, random, jobId, segmentInput([1])))).toBe('JOB_CLOSED');
      await perform(store, 'cancel', { jobId, owner: OWNER, reason: 'enough' });
      expect(await codeOf(appendTo(store, random, jobId, segmentInput([1])))).toBe('JOB_CANCELLED');
      const late = reportOf(lease, worker, lease.first, [1]);
      expect(await codeOf(perform(store, 'report', late))).toBe('LEASE_LOST');
    });

    it('executes the other commands of a batch when one fails', async () => {
      const good = await deployJob(store, random);
      const bad = newId(random);
      const append = (jobId: string) => ({
        name: 'append' as const,
        jobId,
        owner: OWNER,
        appendId: newId(random),
        input: segmentInput([1]),
      });
      const { outcomes } = await store.commit([append(good), append(bad), append(good)]);
      expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, false, true]);
      expect((await store.status(good))!.status.total).toBe(2);
    });

    it('accepts an error after a second execution throws too, and runs a lost slice alone, three times at most', async () => {
      const { lease, worker, jobId } = await leaseOfTen();
      const throwing = lease.first + 1;
      const poison = lease.first + 3;
      await perform(
        store,
        'report',
        reportOf(lease, worker, lease.first, ['ok', new RangeError('no'), 'ok']),
      );
      const crashed = { code: 'SANDBOX_CRASHED', message: 'it is gone' };
      await perform(store, 'report', { ...reportOf(lease, worker, poison, []), failure: crashed });
      const seen: number[] = [];
      for (;;) {
        const next = await leaseFor(store, random, worker);
        if (next === undefined) break;
        if (next.first === poison) {
          expect(next.count).toBe(1);
          await perform(store, 'report', { ...reportOf(next, worker, poison, []), failure: crashed });
          seen.push(poison);
          continue;
        }
        const values = Array.from({ length: next.count }, (_, i) =>
          next.first + i === throwing ? new RangeError('no, again') : 'fine',
        );
        await perform(store, 'report', reportOf(next, worker, next.first, values));
      }
      expect(seen).toHaveLength(LOST_ATTEMPTS_MAX - 1);
      clock.nowMs += 2 * LEASE_MS;
      await perform(store, 'releaseLease', {
        leaseId: lease.leaseId,
        workerId: worker.workerId,
        from: poison + 1,
      });
      await perform(store, 'close', { jobId, owner: OWNER });
      await drain(store, random, clock);
      const outcomes = outcomesOf(await wholeJournal(store, jobId));
      expect(outcomes.size).toBe(100);
      expect(outcomes.get(throwing)).toMatchObject({ name: 'RangeError', message: 'no, again' });
      expect(outcomes.get(poison)).toMatchObject({ code: 'SANDBOX_CRASHED' });
      expect((await store.status(jobId))!.status).toMatchObject({
        accepted: 98,
        failed: 2,
        runStatus: 'finished',
      });
    });

    it('charges a lost lease to its first unreported slice only', async () => {
      const { lease, jobId } = await leaseOfTen();
      clock.nowMs += LEASE_MS + 1;
      expect(await perform(store, 'expireLeases', {})).toEqual({ expired: 1 });
      const worker = workerDescription(random);
      const first = (await leaseFor(store, random, worker))!;
      expect(first).toMatchObject({ first: lease.first, count: 1 });
      const second = (await leaseFor(store, random, worker))!;
      expect(second.first).toBe(lease.first + 1);
      expect(second.count).toBeGreaterThan(1);
      expect((await store.status(jobId))!.status.failed).toBe(0);
    });

    it('keeps the leases of a disconnected worker for a grace period, and takes them back afterwards', async () => {
      const { worker } = await leaseOfTen();
      await perform(store, 'shortenLeases', { workerId: worker.workerId });
      expect(await store.nextDeadline()).toBe(clock.nowMs + LEASE_GRACE_MS);
      const { leases } = await perform(store, 'reattachLeases', { workerId: worker.workerId });
      expect(leases).toHaveLength(1);
      expect(await store.nextDeadline()).toBe(clock.nowMs + LEASE_MS);
      await perform(store, 'shortenLeases', { workerId: worker.workerId });
      clock.nowMs += LEASE_GRACE_MS;
      expect(await perform(store, 'expireLeases', {})).toEqual({ expired: 1 });
      const lost = leases[0]!.leaseId;
      expect(await perform(store, 'renewLeases', { leaseIds: [lost], workerId: worker.workerId })).toEqual({
        expired: [lost],
      });
    });

    it('grants leases of a job only to workers with a matching group, owner, worktime and price', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(10));
      for (const extra of [
        { groups: [{ key: 'lab', address: `0x${'1'.repeat(40)}` }] },
        { owners: [PAYER] },
        { jobs: [newId(random)] },
        { minimumPrice: 1n },
        { worktimes: [{ name: 'map-basic', version: '2.0.0' }] },
        { worktimes: [{ name: 'pyodide', version: '1.0.0' }] },
      ]) {
        expect(await leaseFor(store, random, workerDescription(random, extra))).toBeUndefined();
      }
      expect(
        await leaseFor(store, random, workerDescription(random, { owners: [OWNER], jobs: [jobId] })),
      ).toBeDefined();
    });

    it('returns results by range, in replies of bounded size', async () => {
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(5_000));
      await drain(store, random, clock);
      const found: number[] = [];
      let from = 700;
      for (;;) {
        const { parts, next } = await store.results(jobId, from, 900, 1);
        for (const part of parts) for (let i = 0; i < part.count; i++) found.push(part.first + i);
        if (next === undefined || next > 900) break;
        from = next;
      }
      const asked = found.filter((slice) => slice >= 700 && slice <= 900);
      expect(asked).toEqual(Array.from({ length: 201 }, (_, i) => 700 + i));
    });

    it('lists jobs of an owner, or of all, the newest first, a page at a time', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) {
        ids.unshift(await deployJob(store, random));
        clock.nowMs += 1;
      }
      const other = newId(random);
      const deploy = {
        digest: '0'.repeat(64),
        worktime: { name: 'map-basic', range: '^1.0.0' },
        groups: [],
        minimumPrice: 0n,
      };
      await perform(store, 'deploy', {
        ...deploy,
        jobId: other,
        owner: PAYER,
        package: new Uint8Array(70_000),
      });
      const idsOf = (jobs: { status: { jobId: string } }[]): string[] =>
        jobs.map(({ status }) => status.jobId);
      const page = await store.jobs({ owner: OWNER, limit: 3 });
      expect(idsOf(page)).toEqual(ids.slice(0, 3));
      expect(page[0]).toMatchObject({ owner: OWNER, createdMs: clock.nowMs - 1 });
      expect([...page[0]!.package!]).toEqual([1, 2, 3]);
      expect(idsOf(await store.jobs({ owner: OWNER, after: ids[2], limit: 3 }))).toEqual(ids.slice(3));
      expect(await store.jobs({ owner: OWNER, after: ids[4], limit: 3 })).toEqual([]);
      const all = await store.jobs({ limit: 9 });
      expect(idsOf(all)).toEqual([other, ...ids]);
      // A page of large packages would take long.
      expect(all[0]).not.toHaveProperty('package');
    });

    it('keeps all state across a close and reopen', async () => {
      if (under.reopen === undefined) return;
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(100));
      const worker = workerDescription(random);
      const lease = (await leaseFor(store, random, worker))!;
      const id = store.schedulerId;
      store = await under.reopen();
      expect(store.schedulerId).toBe(id);
      await perform(store, 'extendLeasesAfterRestart', {});
      await perform(store, 'report', reportOf(lease, worker, 1, [1]));
      await perform(store, 'close', { jobId, owner: OWNER });
      await drain(store, random, clock);
      expect(outcomesOf(await wholeJournal(store, jobId)).size).toBe(100);
    });

    it('refuses outcomes that are not a valid segment', async () => {
      const { lease, worker } = await leaseOfTen();
      const report = { ...reportOf(lease, worker, lease.first, [1]), segment: segmentOf([1]).subarray(1) };
      expect(await codeOf(perform(store, 'report', report))).toBe('SEGMENT_MALFORMED');
    });
  });
}
