/**
 * A history in which each command of a store occurs, and each way in which a lease can end.
 * @module
 */
import { newId } from '../../src/lib/crypto/ids.js';
import { LEASE_MS } from '../../src/protocol/limits.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import {
  appendTo,
  deployJob,
  drain,
  leaseFor,
  type ManualClock,
  offerOf,
  OWNER,
  PAYER,
  perform,
  rangeInput,
  reportOf,
  segmentInput,
  workerDescription,
} from './store-commands.js';

/** @returns a paid job that is finished, and another one that was cancelled */
export async function issueAllCommands(
  store: Pick<Store, 'commit'>,
  random: SeededRandom,
  clock: ManualClock,
): Promise<{ jobId: string; other: string }> {
  await perform(store, 'extendLeasesAfterRestart', {});
  await perform(store, 'mint', { account: PAYER, amount: 1_000_000n, mintId: newId(random) });
  const jobId = await deployJob(store, random, offerOf(random, clock, { price: 1n, ceiling: 100n }));
  await appendTo(store, random, jobId, rangeInput(50));
  await appendTo(store, random, jobId, segmentInput(['a', 'b']));
  await perform(store, 'topup', {
    jobId,
    owner: OWNER,
    offer: offerOf(random, clock, { price: 1n, ceiling: 200n }),
  });
  const worker = workerDescription(random);
  const limited = workerDescription(random, { owners: [OWNER], jobs: [jobId] });
  const lost = (await leaseFor(store, random, worker))!;
  await perform(store, 'report', { ...reportOf(lost, worker, lost.first, [1]) });
  const second = (await leaseFor(store, random, limited))!;
  await perform(store, 'report', {
    ...reportOf(second, limited, second.first, []),
    failure: { code: 'SANDBOX_CRASHED', message: '' },
  });
  const third = (await leaseFor(store, random, worker))!;
  const { workerId } = worker;
  await perform(store, 'reattachLeases', { workerId });
  await perform(store, 'renewLeases', { workerId, leaseIds: [third.leaseId], unknown: [] });
  await perform(store, 'releaseLease', { leaseId: third.leaseId, workerId, from: third.first });
  const fourth = (await leaseFor(store, random, worker))!;
  await perform(store, 'revokeLease', { leaseId: fourth.leaseId, workerId });
  await leaseFor(store, random, worker);
  await perform(store, 'shortenLeases', { workerId });
  await perform(store, 'resumeAfterOutage', { extendDeadlines: true });
  await pauseAndBan(store, random, clock);
  await drain(store, random, clock);
  await cancelAndRetry(store, random, jobId);
  await drain(store, random, clock);
  await perform(store, 'close', { jobId, owner: OWNER });
  const other = await deployJob(store, random);
  await appendTo(store, random, other, rangeInput(5));
  const unknown = (await leaseFor(store, random, worker))!;
  await perform(store, 'renewLeases', { workerId, leaseIds: [], unknown: [unknown.leaseId] });
  await perform(store, 'cancel', { jobId: other, owner: OWNER, reason: 'enough' });
  return { jobId, other };
}

/** What the owner does with slices, and what a worker stores of one. */
async function cancelAndRetry(
  store: Pick<Store, 'commit'>,
  random: SeededRandom,
  jobId: string,
): Promise<void> {
  await appendTo(store, random, jobId, rangeInput(20));
  const worker = workerDescription(random);
  const { workerId } = worker;
  const { leaseId, first: slice } = (await leaseFor(store, random, worker, jobId))!;
  await perform(store, 'checkpoint', { leaseId, workerId, slice, state: new Uint8Array(3) });
  const request = () => ({ jobId, owner: OWNER, requestId: newId(random), from: 1, to: 1_000 });
  await perform(store, 'cancelSlices', { ...request(), reason: 'enough' });
  await perform(store, 'retrySlices', { ...request(), from: slice + 2, to: slice + 4 });
  await perform(store, 'retrySlices', request());
}

/** What the operator does to the jobs of the owner, several at once. */
async function pauseAndBan(
  store: Pick<Store, 'commit'>,
  random: SeededRandom,
  clock: ManualClock,
): Promise<void> {
  const jobs: string[] = [];
  for (let i = 0; i < 8; i++) {
    const jobId = await deployJob(store, random);
    await appendTo(store, random, jobId, rangeInput(3));
    await leaseFor(store, random, workerDescription(random));
    jobs.push(jobId);
  }
  clock.nowMs += 2 * LEASE_MS;
  await perform(store, 'expireLeases', {});
  await perform(store, 'pauseJob', { jobId: jobs[0]!, reason: '' });
  await perform(store, 'resumeJob', { jobId: jobs[0]! });
  await perform(store, 'ban', { subject: OWNER, kind: 'identity', reason: '' });
  await perform(store, 'unban', { subject: OWNER });
  for (const jobId of jobs) await perform(store, 'operatorCancel', { jobId, reason: '' });
}
