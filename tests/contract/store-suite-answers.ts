/**
 * What every store promises where the answer to a report was lost: who asks again is answered again, and nobody else.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { REPORT_REPLY_KEPT_MS, LEASE_MS } from '../../src/protocol/limits.js';
import type { Lease, WorkerDescription } from '../../src/protocol/messages/messages.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import {
  codeOf,
  eachStore,
  type OpenStore,
  type StoreFixture,
  type StoreUnderTest,
} from './store-fixture.js';
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
  workerDescription,
} from './store-commands.js';

export function answersStoreContract(name: string, open: OpenStore): void {
  describe(`${name} answers again`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let clock: ManualClock;
    let random: SeededRandom;
    let worker: WorkerDescription;
    let jobId: string;

    /** A paid job of 100 slices, a credit of 10 units each, and a worker for it. */
    const begin = async (fixture: StoreFixture): Promise<void> => {
      ({ under, store, clock, random } = fixture);
      await perform(store, 'mint', { account: PAYER, amount: 1_000n, mintId: newId(random) });
      jobId = await deployJob(store, random, offerOf(random, clock, { price: 10n, ceiling: 1_000n }));
      await appendTo(store, random, jobId, rangeInput(100));
      worker = workerDescription(random);
    };
    eachStore(5, begin, open);
    const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
    /** A lease of ten slices at least, all in front of it done. */
    const leaseOfTen = async (): Promise<Lease> => {
      for (;;) {
        const lease = (await leaseFor(store, random, worker))!;
        if (lease.count >= 10) return lease;
        const report = reportOf(lease, worker, lease.first, ones(lease.count));
        await perform(store, 'report', { ...report, computeMs: 0.1 });
      }
    };

    it('the repeated last report of a lease with the same reply, and pays it once, also after a restart', async () => {
      const lease = await leaseOfTen();
      const report = reportOf(lease, worker, lease.first, ones(lease.count));
      const once = await perform(store, 'report', report);
      expect(once).toMatchObject({ left: 0, paid: 10n * BigInt(lease.count) });
      const before = (await store.status(jobId))!.status;
      const { earned } = await store.account(PAYEE);
      expect(await perform(store, 'report', report)).toEqual(once);
      if (under.reopen !== undefined) store = await under.reopen();
      await perform(store, 'extendLeasesAfterRestart', {});
      expect(await perform(store, 'report', report)).toEqual(once);
      expect((await store.status(jobId))!.status).toEqual(before);
      expect((await store.account(PAYEE)).earned).toBe(earned);
    });

    it('every repeated report of an open lease with its first reply, in any order', async () => {
      const lease = await leaseOfTen();
      const reports = [
        reportOf(lease, worker, lease.first, ones(2)),
        reportOf(lease, worker, lease.first + 2, ones(3)),
      ];
      const answers = [];
      for (const report of reports) answers.push(await perform(store, 'report', report));
      expect(answers.map(({ paid }) => paid)).toEqual([20n, 30n]);
      for (const i of [0, 1, 1, 0]) expect(await perform(store, 'report', reports[i]!)).toEqual(answers[i]);
      expect((await store.status(jobId))!.status.accepted).toBe(lease.first - 1 + 5);
    });

    it('a repeated report of a lost slice, and repeated reports of leases that ended in other ways', async () => {
      const lease = await leaseOfTen();
      const two = reportOf(lease, worker, lease.first, ones(2));
      const lost = {
        ...reportOf(lease, worker, lease.first + 2, []),
        failure: { code: 'SANDBOX_CRASHED', message: 'gone' },
      };
      const once = [await perform(store, 'report', two), await perform(store, 'report', lost)];
      const { leaseId } = lease;
      await perform(store, 'releaseLease', { leaseId, workerId: worker.workerId, from: lease.first + 3 });
      expect([await perform(store, 'report', two), await perform(store, 'report', lost)]).toEqual(once);
      // One attempt is charged, however often that was said.
      expect(await leaseFor(store, random, worker)).toMatchObject({ first: lease.first + 2, count: 1 });

      const other = await leaseOfTen();
      const one = reportOf(other, worker, other.first, [1]);
      const first = await perform(store, 'report', one);
      await perform(store, 'cancel', { jobId, owner: OWNER, reason: 'enough' });
      expect(await perform(store, 'report', one)).toEqual(first);
    });

    it('no repeated report of another worker or with other content', async () => {
      const lease = await leaseOfTen();
      const report = reportOf(lease, worker, lease.first, ones(lease.count));
      await perform(store, 'report', report);
      const stranger = { ...report, workerId: newId(random) };
      expect(await codeOf(perform(store, 'report', stranger))).toBe('LEASE_LOST');
      for (const other of [
        reportOf(lease, worker, lease.first, ones(lease.count - 1)),
        reportOf(lease, worker, lease.first + 1, ones(lease.count - 1)),
        {
          ...reportOf(lease, worker, lease.first, ones(lease.count - 1)),
          failure: { code: 'SANDBOX_CRASHED', message: 'gone' },
        },
        // The same place, and one slice lost besides: what was answered is not the answer to that.
        { ...report, failure: { code: 'SANDBOX_CRASHED', message: 'gone' } },
      ])
        expect(await codeOf(perform(store, 'report', other))).toBe('LEASE_LOST');
    });

    it('no repeated report after the retention time', async () => {
      const lease = await leaseOfTen();
      const report = reportOf(lease, worker, lease.first, ones(lease.count));
      const once = await perform(store, 'report', report);
      clock.nowMs += REPORT_REPLY_KEPT_MS - 1;
      await perform(store, 'expireLeases', {});
      expect(await perform(store, 'report', report)).toEqual(once);
      clock.nowMs += 1;
      expect(await store.nextDeadline()).toBeLessThanOrEqual(clock.nowMs);
      await perform(store, 'expireLeases', {});
      expect(await codeOf(perform(store, 'report', report))).toBe('LEASE_LOST');
      expect(await store.nextDeadline()).toBeUndefined();
    });

    it('repeated reports, and reports as its next deadline the earlier of the end of a lease and the end of a kept reply', async () => {
      const lease = await leaseOfTen();
      const reportedMs = clock.nowMs;
      await perform(store, 'report', reportOf(lease, worker, lease.first, ones(1)));
      expect(await store.nextDeadline()).toBe(reportedMs + LEASE_MS);
      clock.nowMs = reportedMs + REPORT_REPLY_KEPT_MS - 1;
      await perform(store, 'renewLeases', { leaseIds: [lease.leaseId], workerId: worker.workerId });
      expect(await store.nextDeadline()).toBe(reportedMs + REPORT_REPLY_KEPT_MS);
    });

    it('no report of a lease that was lost before', async () => {
      const lease = await leaseOfTen();
      clock.nowMs += LEASE_MS;
      await perform(store, 'expireLeases', {});
      const late = reportOf(lease, worker, lease.first, ones(lease.count));
      expect(await codeOf(perform(store, 'report', late))).toBe('LEASE_LOST');
    });
  });
}
