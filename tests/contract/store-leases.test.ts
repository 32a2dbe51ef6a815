/**
 * How far one worker's word goes: what it says of its own speed, its renewals, and what it keeps although others wait.
 * @module
 */
import { expect, it } from 'vitest';
import {
  LOST_ATTEMPTS_MAX,
  FIRST_FAILURES_MAX,
  LEASE_MS,
  LEASE_NO_PROGRESS_MS_MIN,
  LEASE_TARGET_MS,
} from '../../src/protocol/limits.js';
import type { Lease, WorkerDescription } from '../../src/protocol/messages/messages.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { eachStore } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  perform,
  rangeInput,
  reportOf,
  workerDescription,
} from './store-commands.js';

let clock: ManualClock;
let random: SeededRandom;
let store: Store;
eachStore(3, (made) => ({ store, clock, random } = made));

const worker = (): WorkerDescription =>
  workerDescription(random, { paymentAddress: `0x${String(random.integer(1, 1e9)).padStart(40, '0')}` });

/** Takes a lease and reports all of it; `sliceMs` is what a slice takes, `saysMs` what the worker says. */
async function workOn(who: WorkerDescription, sliceMs: number, saysMs = sliceMs): Promise<Lease> {
  const lease = (await leaseFor(store, random, who))!;
  clock.nowMs += sliceMs * lease.count;
  const values = Array.from({ length: lease.count }, () => 1);
  const computeMs = saysMs * lease.count;
  await perform(store, 'report', { ...reportOf(lease, who, lease.first, values), computeMs });
  return lease;
}

const SLICE_MS = 100;

/** A job of a million slices on which honest workers have worked. */
async function knownJob(workers = 2): Promise<string> {
  const jobId = await deployJob(store, random);
  await appendTo(store, random, jobId, rangeInput(1_000_000));
  for (let i = 0; i < workers; i++) await workOn(worker(), SLICE_MS);
  return jobId;
}

it('a worker that reports zero computing time gets leases at most a few times as long as other workers', async () => {
  await knownJob();
  const liar = worker();
  let most = 0;
  for (let i = 0; i < 10; i++) most = Math.max(most, (await workOn(liar, 0)).count);
  expect(most * SLICE_MS).toBeLessThanOrEqual(8 * LEASE_TARGET_MS);
  const honest = (await leaseFor(store, random, worker()))!;
  expect(honest.estimatedSliceMs).toBe(SLICE_MS);
  expect(honest.count).toBeLessThanOrEqual(LEASE_TARGET_MS / SLICE_MS);
});

it('the first lease of a worker for a job is small, also when the duration of its slices is known', async () => {
  await knownJob(0);
  const fast = worker();
  for (let i = 0; i < 10; i++) await workOn(fast, 0.01);
  expect((await leaseFor(store, random, fast))!.count).toBeGreaterThan(10_000);
  expect((await leaseFor(store, random, worker()))!.count).toBeLessThanOrEqual(4);
});

it('a lease of short slices that is only renewed ends after 15 minutes, and its slice is not charged with a lost attempt', async () => {
  const jobId = await knownJob();
  const silent = worker();
  const lease = (await leaseFor(store, random, silent))!;
  const grantedMs = clock.nowMs;
  const renew = { leaseIds: [lease.leaseId], workerId: silent.workerId };
  const isHeld = async (): Promise<boolean> => {
    await perform(store, 'expireLeases', {});
    return (await perform(store, 'renewLeases', renew)).expired.length === 0;
  };
  while (await isHeld()) clock.nowMs += LEASE_MS / 3;
  expect(clock.nowMs - grantedMs).toBeGreaterThanOrEqual(LEASE_NO_PROGRESS_MS_MIN);
  expect(clock.nowMs - grantedMs).toBeLessThan(LEASE_NO_PROGRESS_MS_MIN + LEASE_MS);
  const alone = (await leaseFor(store, random, worker()))!;
  expect(alone).toMatchObject({ first: lease.first, count: 1 });
  for (let i = 0; i < 5; i++) await workOn(worker(), SLICE_MS);
  expect((await store.status(jobId))!.status.failed).toBe(0);
});

it('a lease that is taken back charges no slice with a lost attempt, and its first slice runs alone next', async () => {
  const jobId = await knownJob();
  const first = worker();
  await workOn(first, SLICE_MS);
  const lease = (await leaseFor(store, random, first))!;
  expect(lease.count).toBeGreaterThan(2);
  await perform(store, 'revokeLease', { leaseId: lease.leaseId, workerId: worker().workerId });
  expect((await store.status(jobId))!.status.leased).toBe(lease.count);
  await perform(store, 'revokeLease', { leaseId: lease.leaseId, workerId: first.workerId });
  expect((await store.status(jobId))!.status).toMatchObject({ leased: 0, failed: 0 });
  expect(await leaseFor(store, random, worker())).toMatchObject({ first: lease.first, count: 1 });
});

it('a worker gets a lease of the only job it may run among a thousand that it may not', async () => {
  for (let i = 0; i < 1_000; i++) {
    const jobId = await deployJob(store, random);
    await appendTo(store, random, jobId, rangeInput(1));
  }
  const lab = workerDescription(random, { groups: [{ key: 'lab' }] });
  expect(await leaseFor(store, random, lab)).toBeUndefined();
  const jobId = `${'l'.repeat(22)}`;
  const groups = [{ key: 'lab' }];
  const other = { jobId, owner: `0x${'a'.repeat(40)}`, package: new Uint8Array(1), digest: '0'.repeat(64) };
  const worktime = { name: 'map-basic', range: '^1.0.0' };
  await perform(store, 'deploy', { ...other, worktime, groups, minimumPrice: 0n });
  await appendTo(store, random, jobId, rangeInput(1));
  expect(await leaseFor(store, random, lab)).toMatchObject({ jobId });
});

it('a job that is stopped while its late leases are taken back keeps its status', async () => {
  const jobId = await deployJob(store, random);
  await appendTo(store, random, jobId, rangeInput(1_000));
  const alone = worker();
  for (let round = 0; round < LOST_ATTEMPTS_MAX; round++) {
    for (let i = 0; i < FIRST_FAILURES_MAX + 5; i++) await leaseFor(store, random, alone);
    clock.nowMs += 2 * LEASE_MS;
    await perform(store, 'expireLeases', {});
  }
  expect((await store.status(jobId))!.status).toMatchObject({
    runStatus: 'cancelled',
    reason: expect.stringContaining(`its slices all fail: ${FIRST_FAILURES_MAX} of 1000 `) as string,
    failed: FIRST_FAILURES_MAX,
    leased: 0,
  });
  expect(await leaseFor(store, random, alone)).toBeUndefined();
});
