/**
 * What every store promises about leases that end before their last slice: which slices are pending again, what is charged
 * to them, and who is told.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import {
  LEASE_GRACE_MS,
  LEASE_MS,
  LEASE_NO_PROGRESS_MS_MIN,
  LOST_ATTEMPTS_MAX,
} from '../../src/protocol/limits.js';
import type { Lease, WorkerDescription } from '../../src/protocol/messages/messages.js';
import type { CommandResult, Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { eachStore, type OpenStore, type StoreFixture } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  OWNER,
  perform,
  performWithEvents,
  rangeInput,
  reportOf,
  rosterOf,
  workerDescription,
} from './store-commands.js';

export function leasesStoreContract(name: string, open: OpenStore): void {
  describe(`${name} ends leases`, () => {
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;
    let jobId: string;
    let worker: WorkerDescription;

    const begin = async (fixture: StoreFixture): Promise<void> => {
      ({ store, clock, random } = fixture);
      jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(1_000));
      worker = otherWorker();
    };
    eachStore(11, begin, open);

    /** A worker that is paid to an account of its own. */
    const otherWorker = (): WorkerDescription =>
      workerDescription(random, { paymentAddress: `0x${newId(random).replace(/\W/g, '0').padEnd(40, '0')}` });
    const statusOf = async () => (await store.status(jobId))!.status;
    const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

    /** A lease of at least ten slices, all in front of it done; each slice took 100 ms. */
    const leaseOfTen = async (who = worker): Promise<Lease> => {
      for (;;) {
        const lease = (await leaseFor(store, random, who))!;
        if (lease.count >= 10) return lease;
        clock.nowMs += 100 * lease.count;
        const report = reportOf(lease, who, lease.first, times(lease.count, 1));
        await perform(store, 'report', { ...report, computeMs: 100 * lease.count });
      }
    };
    const release = (
      { leaseId }: Lease,
      from: number,
      who = worker,
    ): Promise<CommandResult<'releaseLease'>> =>
      perform(store, 'releaseLease', { leaseId, workerId: who.workerId, from });

    it('makes the slices of a released lease pending from a slice on, and replies how many the worker keeps', async () => {
      const lease = await leaseOfTen();
      const last = lease.first + lease.count - 1;
      await perform(store, 'report', reportOf(lease, worker, lease.first, [1]));
      const next = lease.first + 1;
      expect(await release(lease, last + 1)).toEqual({ next, left: lease.count - 1 });
      expect(await release(lease, last)).toEqual({ next, left: lease.count - 2 });
      expect(await release(lease, next + 3)).toEqual({ next, left: 3 });
      expect((await statusOf()).leased).toBe(3);
      expect(await leaseFor(store, random, otherWorker())).toMatchObject({ first: next + 3 });
    });

    it('releases no slice of a lease of another worker, and none that has an outcome', async () => {
      const lease = await leaseOfTen();
      await perform(store, 'report', reportOf(lease, worker, lease.first, [1, 1]));
      const next = lease.first + 2;
      expect(await release(lease, next, otherWorker())).toEqual({ next, left: 0 });
      expect((await statusOf()).leased).toBe(lease.count - 2);
      expect(await release(lease, lease.first)).toEqual({ next, left: 0 });
      expect(await statusOf()).toMatchObject({ leased: 0, accepted: next - 1 });
    });

    it('announces the job of released slices as work, and no ended lease', async () => {
      const { leaseId, first: from } = await leaseOfTen();
      const { workerId } = worker;
      const { events } = await performWithEvents(store, 'releaseLease', { leaseId, workerId, from });
      expect([...events.work.keys()]).toEqual([jobId]);
      expect(events.revoked).toEqual([]);
    });

    /** Fails ten slices on the worker; resolves with a worker that would be better for them, and a roster of both. */
    const failTen = async () => {
      const better = otherWorker();
      await leaseOfTen(better).then((lease) => release(lease, lease.first, better));
      const lease = await leaseOfTen();
      const roster = rosterOf(worker, better);
      const report = reportOf(lease, worker, lease.first, times(10, new Error('no')));
      await perform(store, 'report', report, roster);
      await release(lease, lease.first + 10);
      const take = async (who: WorkerDescription): Promise<Lease> => {
        const body = { leaseId: newId(random), worker: who };
        const granted = await perform(store, 'grantLease', body, roster);
        return (granted as { lease: Lease }).lease;
      };
      return { better, first: lease.first, take };
    };

    it('defers failed slices for a better worker until that has released them unstarted three times', async () => {
      const { better, first, take } = await failTen();
      for (let i = 0; i < 3; i++) {
        expect((await take(worker)).first).toBeGreaterThanOrEqual(first + 10);
        const lease = await take(better);
        expect(lease.first).toBe(first);
        await release(lease, first, better);
      }
      expect((await take(worker)).first).toBe(first);
    });

    it('does not count releases that the scheduler asked for, or of slices behind one that has begun', async () => {
      const { better, first, take } = await failTen();
      for (let i = 0; i < 3; i++) {
        const { leaseId } = await take(better);
        const { workerId } = better;
        await perform(store, 'releaseLease', { leaseId, workerId, from: first, isRecalled: true });
      }
      expect((await take(worker)).first).toBeGreaterThanOrEqual(first + 10);
      for (let i = 0; i < 3; i++) {
        const lease = await take(better);
        expect(lease.first).toBe(first + i);
        await release(lease, lease.first + 1, better);
      }
      expect((await take(worker)).first).toBeGreaterThanOrEqual(first + 10);
    });

    it('tells why a lease has ended that was not renewed, made no progress, or whose job was stopped', async () => {
      const { leaseId } = await leaseOfTen();
      clock.nowMs += LEASE_MS;
      const late = await performWithEvents(store, 'expireLeases', {});
      expect(late.events.revoked).toEqual([{ leaseId, reason: 'it was not renewed in time' }]);
      expect([...late.events.work.keys()]).toEqual([jobId]);

      const silent = (await leaseFor(store, random, worker))!;
      const { workerId } = worker;
      const endMs = clock.nowMs + LEASE_NO_PROGRESS_MS_MIN;
      for (; clock.nowMs < endMs; clock.nowMs += LEASE_MS / 2)
        await perform(store, 'renewLeases', { leaseIds: [silent.leaseId], workerId });
      clock.nowMs = endMs;
      const revoked = await performWithEvents(store, 'expireLeases', {});
      expect(revoked.events.revoked).toEqual([{ leaseId: silent.leaseId, reason: 'it made no progress' }]);

      const held = (await leaseFor(store, random, worker))!;
      const stopped = await performWithEvents(store, 'pauseJob', { jobId, reason: '' });
      expect(stopped.events.revoked).toMatchObject([{ leaseId: held.leaseId }]);
      await perform(store, 'resumeJob', { jobId });
      const again = (await leaseFor(store, random, worker))!;
      const ended = await performWithEvents(store, 'cancel', { jobId, owner: OWNER, reason: '' });
      expect(ended.events.revoked).toMatchObject([{ leaseId: again.leaseId }]);
      expect((await statusOf()).open).toBe(false);
    });

    it('charges no attempt to a slice whose leases ended because they made no progress', async () => {
      for (let i = 0; i < LOST_ATTEMPTS_MAX; i++) {
        const silent = otherWorker();
        const lease = (await leaseFor(store, random, silent))!;
        expect(lease.first).toBe(1);
        const renew = { leaseIds: [lease.leaseId], workerId: silent.workerId };
        while ((await perform(store, 'renewLeases', renew)).expired.length === 0) {
          clock.nowMs += LEASE_MS - 1;
          await perform(store, 'expireLeases', {});
        }
      }
      expect(await statusOf()).toMatchObject({ failed: 0, leased: 0 });
    });

    it('fails a slice that throws twice on one worker, unless an independent worker is connected', async () => {
      const alike = workerDescription(random, { paymentAddress: worker.paymentAddress! });
      const throwTwice = async (other: WorkerDescription): Promise<void> => {
        const roster = rosterOf(worker, other);
        const { first } = await leaseOfTen().then(async (lease) => {
          await perform(store, 'report', reportOf(lease, worker, lease.first, [new Error('no')]), roster);
          await release(lease, lease.first + 1);
          return lease;
        });
        clock.nowMs += LEASE_GRACE_MS + 60_000;
        const lease = (await leaseFor(store, random, worker))!;
        expect(lease.first).toBe(first);
        await perform(store, 'report', reportOf(lease, worker, first, [new Error('no')]), roster);
        await release(lease, first + 1);
      };
      await throwTwice(otherWorker());
      expect((await statusOf()).failed).toBe(0);
      await store.commit([{ name: 'cancel', jobId, owner: OWNER, reason: '' }]);
      jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(1_000));
      await throwTwice(alike);
      expect((await statusOf()).failed).toBe(1);
    });
  });
}
