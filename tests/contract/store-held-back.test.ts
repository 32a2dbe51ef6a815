/**
 * What failed on a worker is kept for better ones, but not for ever, and it never hides other jobs: here a better worker
 * is always said to be there, as one that asks for work and does none would make it look.
 * @module
 */
import { expect, it } from 'vitest';
import { LOST_ATTEMPTS_MAX, HELD_BACK_MS_MAX, UNLOADABLE_NO_RESULT_MS } from '../../src/protocol/limits.js';
import type { Lease, WorkerDescription } from '../../src/protocol/messages/messages.js';
import type { Command, Commands, Store } from '../../src/scheduler/store/port/store.js';
import { newId } from '../../src/lib/crypto/ids.js';
import type { SeededRandom } from '../../src/testing/seeded-random.js';
import { eachStore } from './store-fixture.js';
import type { ManualClock } from './store-commands.js';
import { appendTo, deployJob, rangeInput, reportOf, workerDescription } from './store-commands.js';

/** More jobs than those that are looked at closely. */
const JOBS = 40;

let clock: ManualClock;
let random: SeededRandom;
let store: Store;
eachStore(5, (made) => ({ store, clock, random } = made));

const SOMEBODY = { hasBetterWorker: () => true };

const worker = (): WorkerDescription =>
  workerDescription(random, { paymentAddress: `0x${String(random.integer(1, 1e9)).padStart(40, '0')}` });

async function commit(command: Command): Promise<unknown> {
  const { outcomes } = await store.commit([command], SOMEBODY);
  const outcome = outcomes[0]!;
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

async function leaseOf(who: WorkerDescription): Promise<Lease | 'deferred' | undefined> {
  const answer = await commit({ name: 'grantLease', leaseId: newId(random), worker: who, warmState: {} });
  if (answer === null) return undefined;
  return answer === 'deferred' ? answer : (answer as { lease: Lease }).lease;
}

const report = (body: Commands['report'][0]): Promise<unknown> => commit({ name: 'report', ...body });

/** The lease's first slice is lost, as it is where a job cannot be loaded; the rest goes back. */
async function lose(lease: Lease, who: WorkerDescription, code: string): Promise<void> {
  const lost = { code, message: 'it fails here' };
  await report({ ...reportOf(lease, who, lease.first, []), failure: lost });
  if (lease.count === 1) return;
  const { leaseId } = lease;
  await commit({
    name: 'releaseLease',
    leaseId,
    workerId: who.workerId,
    from: lease.first + 1,
    isRecalled: true,
  });
}

async function deploy(slices: number): Promise<string> {
  const jobId = await deployJob(store, random);
  await appendTo(store, random, jobId, rangeInput(slices));
  return jobId;
}

/** Jobs of which each worker that takes one loses a slice, until it is given no more. */
async function loseAll(who: WorkerDescription, code: string): Promise<number> {
  for (let lost = 0; ; lost++) {
    const lease = await leaseOf(who);
    if (lease === undefined || lease === 'deferred') return lost;
    await lose(lease, who, code);
  }
}

it.each([
  ['cannot load', 'ASSIGN_FAILED', 1_000],
  ['loses', 'SANDBOX_CRASHED', 1],
])(
  'a worker that %s many jobs gets other jobs at once, and the failed ones after a delay',
  async (_, code, slices) => {
    for (let i = 0; i < JOBS; i++) await deploy(slices);
    const who = worker();
    expect(await loseAll(who, code)).toBe(JOBS);
    expect(await leaseOf(who)).toBe('deferred');
    const other = await deploy(1);
    const lease = (await leaseOf(who)) as Lease;
    expect(lease).toMatchObject({ jobId: other });
    await report(reportOf(lease, who, lease.first, [1]));
    expect(await leaseOf(who)).toBe('deferred');
    clock.nowMs += HELD_BACK_MS_MAX;
    expect(await leaseOf(who)).toMatchObject({ first: 1 });
  },
);

it('a job that only one worker could load is cancelled after independent workers have failed to load it for long enough', async () => {
  const jobId = await deploy(1_000);
  const first = worker();
  const lease = (await leaseOf(first)) as Lease;
  await report(reportOf(lease, first, lease.first, [1]));
  const others = Array.from({ length: LOST_ATTEMPTS_MAX }, worker);
  const status = async (): Promise<string> => (await store.status(jobId))!.status.runStatus;
  for (let ms = 0; ms < UNLOADABLE_NO_RESULT_MS; ms += HELD_BACK_MS_MAX) {
    for (const who of others) expect(await loseAll(who, 'ASSIGN_FAILED')).toBe(1);
    expect(await status()).toBe('running');
    clock.nowMs += HELD_BACK_MS_MAX;
  }
  expect(await loseAll(others[0]!, 'ASSIGN_FAILED')).toBe(1);
  expect(await status()).toBe('cancelled');
});
