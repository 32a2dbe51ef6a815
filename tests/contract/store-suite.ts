/**
 * What every store promises. A store's test file calls this with a way to open one (again, on the same data).
 * @module
 */
import { afterEach, describe, expect, it } from 'vitest';
import { isError } from '../../src/lib/errors.js';
import { newId } from '../../src/lib/ids.js';
import { ATTEMPTS_MAX, LEASE_GRACE_MS, LEASE_MS, LEASE_SLICES_MAX } from '../../src/protocol/limits.js';
import type { JournalRow } from '../../src/protocol/messages.js';
import { SegmentReader } from '../../src/protocol/segment.js';
import { decodeError } from '../../src/protocol/envelope.js';
import type { Store } from '../../src/scheduler/store/store.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
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
  rangeInput,
  reportOf,
  segmentInput,
  segmentOf,
  StandingClock,
  workerNamed,
} from './store-world.js';

export interface StoreUnderTest {
  store: Store;
  /** Closes it and opens it on the same data; absent where nothing outlives a close. */
  reopen?(): Promise<Store>;
  dispose(): Promise<void>;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'nothing was refused';
  } catch (error) {
    return isError(error) ? error.code : `not coded: ${String(error)}`;
  }
}

/** Every row of a journal, read in small steps as a follower does. */
export async function wholeJournal(store: Store, jobId: string): Promise<JournalRow[]> {
  const rows: JournalRow[] = [];
  for (;;) {
    const more = await store.journal(jobId, rows.at(-1)?.seq ?? 0, 1);
    if (more.length === 0) return rows;
    rows.push(...more);
  }
}

/** Every slice's outcome in the journal; a slice that comes twice is a defect. */
export function outcomesOf(rows: readonly JournalRow[]): Map<number, unknown> {
  const outcomes = new Map<number, unknown>();
  for (const { event } of rows) {
    if (event.kind !== 'outcomes') continue;
    for (const part of event.parts) {
      const reader = new SegmentReader(part.segment);
      expect(reader.count).toBe(part.count);
      for (let i = 0; i < reader.count; i++) {
        expect(outcomes.has(part.first + i)).toBe(false);
        outcomes.set(part.first + i, reader.kind(i) === 0 ? reader.value(i) : decodeError(reader.body(i)));
      }
    }
  }
  return outcomes;
}

export function storeContract(name: string, open: (clock: StandingClock) => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let clock: StandingClock;
    let random: SeededRandom;

    const begin = async (seed = 1): Promise<void> => {
      clock = new StandingClock();
      random = new SeededRandom(seed);
      under = await open(clock);
      store = under.store;
    };
    afterEach(async () => {
      expect(await store.check()).toEqual([]);
      await under.dispose();
    });

    it('works a job from deploy to complete, each slice once', async () => {
      await begin();
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

    it('keeps a billion slices as one range until they are leased', async () => {
      await begin();
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(1e9));
      const worker = workerNamed(random);
      const lease = (await leaseFor(store, random, worker))!;
      expect(lease).toMatchObject({ first: 1, count: 1 });
      expect(lease.inputs).toEqual([{ first: 1, input: { kind: 'range', start: 1, step: 1, count: 1 } }]);
      await perform(store, 'report', { ...reportOf(lease, worker, 1, [1]), computeMs: 0.001 });
      const second = (await leaseFor(store, random, worker))!;
      expect(second.first).toBe(2);
      expect(second.count).toBeGreaterThan(1);
      expect(second.count).toBeLessThanOrEqual(LEASE_SLICES_MAX);
    });

    it('answers the same deploy, append, close, report and mint again with the same, and changes nothing', async () => {
      await begin();
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
      const worker = workerNamed(random);
      const lease = (await leaseFor(store, random, worker))!;
      const report = reportOf(lease, worker, 1, ['x']);
      await perform(store, 'report', report);
      expect(await codeOf(perform(store, 'report', report))).toBe('LEASE_LOST');
      expect((await store.status(jobId))!.status).toMatchObject({ total: 2, accepted: 1 });
    });

    it('takes a report twice while its lease goes on, and counts it once', async () => {
      await begin();
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
      const worker = workerNamed(random);
      for (;;) {
        const lease = (await leaseFor(store, random, worker))!;
        if (lease.count >= 10) return { lease, worker, jobId };
        const values = Array.from({ length: lease.count }, (_, i) => lease.first + i);
        await perform(store, 'report', { ...reportOf(lease, worker, lease.first, values), computeMs: 0.1 });
      }
    };

    it('refuses strangers, closed and cancelled jobs, and reports that are not the next slices', async () => {
      await begin();
      const { lease, worker, jobId } = await leaseOfTen();
      const stranger = { jobId, owner: PAYER };
      expect(await codeOf(perform(store, 'close', stranger))).toBe('NOT_OWNER');
      expect(await codeOf(perform(store, 'cancel', { ...stranger, reason: '' }))).toBe('NOT_OWNER');
      expect(await codeOf(perform(store, 'close', { jobId: newId(random), owner: OWNER }))).toBe(
        'JOB_UNKNOWN',
      );
      const other = workerNamed(random);
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

    it('spoils no other command of a batch by a bad one', async () => {
      await begin();
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

    it('believes a thrown error when a second execution throws too, and runs a lost slice alone, three times', async () => {
      await begin();
      const { lease, worker, jobId } = await leaseOfTen();
      const throwing = lease.first + 1;
      const poison = lease.first + 3;
      await perform(
        store,
        'report',
        reportOf(lease, worker, lease.first, ['ok', new RangeError('no'), 'ok']),
      );
      const crashed = { code: 'SANDBOX_CRASHED', message: 'it is gone' };
      await perform(store, 'report', { ...reportOf(lease, worker, poison, []), lost: crashed });
      const seen: number[] = [];
      for (;;) {
        const next = await leaseFor(store, random, worker);
        if (next === undefined) break;
        if (next.first === poison) {
          expect(next.count).toBe(1);
          await perform(store, 'report', { ...reportOf(next, worker, poison, []), lost: crashed });
          seen.push(poison);
          continue;
        }
        const values = Array.from({ length: next.count }, (_, i) =>
          next.first + i === throwing ? new RangeError('no, again') : 'fine',
        );
        await perform(store, 'report', reportOf(next, worker, next.first, values));
      }
      expect(seen).toHaveLength(ATTEMPTS_MAX - 1);
      clock.nowMs += 2 * LEASE_MS;
      await perform(store, 'giveBack', {
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
      await begin();
      const { lease, jobId } = await leaseOfTen();
      clock.nowMs += LEASE_MS + 1;
      expect(await perform(store, 'expire', {})).toEqual({ expired: 1 });
      const worker = workerNamed(random);
      const first = (await leaseFor(store, random, worker))!;
      expect(first).toMatchObject({ first: lease.first, count: 1 });
      const second = (await leaseFor(store, random, worker))!;
      expect(second.first).toBe(lease.first + 1);
      expect(second.count).toBeGreaterThan(1);
      expect((await store.status(jobId))!.status.failed).toBe(0);
    });

    it('gives a worker that went the time to come back, and takes its leases after that', async () => {
      await begin();
      const { worker } = await leaseOfTen();
      await perform(store, 'orphan', { workerId: worker.workerId });
      expect(await store.nextDeadline()).toBe(clock.nowMs + LEASE_GRACE_MS);
      const { leases } = await perform(store, 'adopt', { workerId: worker.workerId });
      expect(leases).toHaveLength(1);
      expect(await store.nextDeadline()).toBe(clock.nowMs + LEASE_MS);
      await perform(store, 'orphan', { workerId: worker.workerId });
      clock.nowMs += LEASE_GRACE_MS;
      expect(await perform(store, 'expire', {})).toEqual({ expired: 1 });
      const lost = leases[0]!.leaseId;
      expect(await perform(store, 'renew', { leaseIds: [lost], workerId: worker.workerId })).toEqual({
        lost: [lost],
      });
    });

    it('pays each outcome once within the ceiling, pauses without funds, goes on after a top-up, refunds', async () => {
      await begin();
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

    it('refuses offers that are replayed, expired, underfunded or too low', async () => {
      await begin();
      await perform(store, 'mint', { account: PAYER, amount: 100n, mintId: newId(random) });
      const good = offerOf(random, clock, { price: 1n, ceiling: 100n });
      await deployJob(store, random, good);
      expect(await codeOf(deployJob(store, random, good))).toBe('OFFER_REPLAYED');
      const late = { ...offerOf(random, clock, { price: 1n, ceiling: 1n }), acceptBeforeMs: clock.nowMs - 1 };
      expect(await codeOf(deployJob(store, random, late))).toBe('OFFER_EXPIRED');
      const poor = offerOf(random, clock, { price: 1n, ceiling: 101n });
      expect(await codeOf(deployJob(store, random, poor))).toBe('OFFER_UNDERFUNDED');
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

    it('lends a job only to workers of its groups, owners, worktimes and price', async () => {
      await begin();
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(10));
      for (const extra of [
        { groups: [{ key: 'lab', secretHash: '1'.repeat(64) }] },
        { owners: [PAYER] },
        { jobs: [newId(random)] },
        { minimumPrice: 1n },
        { worktimes: [{ name: 'map-basic', version: '2.0.0' }] },
        { worktimes: [{ name: 'pyodide', version: '1.0.0' }] },
      ]) {
        expect(await leaseFor(store, random, workerNamed(random, extra))).toBeUndefined();
      }
      expect(
        await leaseFor(store, random, workerNamed(random, { owners: [OWNER], jobs: [jobId] })),
      ).toBeDefined();
    });

    it('reads results by range, a bounded answer at a time', async () => {
      await begin();
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

    it('keeps everything over a close and an open', async () => {
      await begin();
      if (under.reopen === undefined) return;
      const jobId = await deployJob(store, random);
      await appendTo(store, random, jobId, rangeInput(100));
      const worker = workerNamed(random);
      const lease = (await leaseFor(store, random, worker))!;
      const id = store.schedulerId;
      store = await under.reopen();
      expect(store.schedulerId).toBe(id);
      await perform(store, 'revive', {});
      await perform(store, 'report', reportOf(lease, worker, 1, [1]));
      await perform(store, 'close', { jobId, owner: OWNER });
      await drain(store, random, clock);
      expect(outcomesOf(await wholeJournal(store, jobId)).size).toBe(100);
    });

    it.each([1, 2, 3, 4, 5, 6, 7, 8])(
      'keeps its invariants under random commands (seed %i)',
      async (seed) => {
        await begin(seed);
        await perform(store, 'mint', { account: PAYER, amount: 100_000n, mintId: newId(random) });
        const jobs: string[] = [];
        const workers = Array.from({ length: 3 }, () => workerNamed(random));
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
            await perform(store, 'report', { ...reportOf(lease, lease.worker, lease.first, []), lost });
            lease.first += 1;
            lease.count -= 1;
          },
          async () => {
            const lease = pick(held);
            const from = lease.first + Math.floor(random.next() * (lease.count + 1));
            await perform(store, 'giveBack', {
              leaseId: lease.leaseId,
              workerId: lease.worker.workerId,
              from,
            });
          },
          async () => {
            clock.nowMs += random.next() * LEASE_MS;
            await perform(store, 'expire', {});
          },
          () => perform(store, 'orphan', { workerId: pick(workers).workerId }),
          () => perform(store, random.next() < 0.3 ? 'close' : 'renew', closeOrRenew()),
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

    it('refuses a segment of outcomes that is not one', async () => {
      await begin();
      const { lease, worker } = await leaseOfTen();
      const report = { ...reportOf(lease, worker, lease.first, [1]), segment: segmentOf([1]).subarray(1) };
      expect(await codeOf(perform(store, 'report', report))).toBe('SEGMENT_MALFORMED');
    });
  });
}
