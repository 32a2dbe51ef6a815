/**
 * What single workers showed of a job is kept beside the job's row: bounded, and gone with the job's end.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DATABASE_FILE, openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  OWNER,
  perform,
  rangeInput,
  reportOf,
  ManualClock,
  workerDescription,
} from './store-commands.js';

let dataDir: string;
let store: Store;
let random: SeededRandom;
let clock: ManualClock;
let jobId: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-store-'));
  clock = new ManualClock();
  random = new SeededRandom(3);
  store = openSqliteStore({ dataDir, clock, random });
  jobId = await deployJob(store, random);
  await appendTo(store, random, jobId, rangeInput(10_000));
});
afterEach(async () => {
  expect(await store.check()).toEqual([]);
  await store.close();
  await rm(dataDir, { recursive: true });
});

interface Rows {
  profiles: number;
  loads: number;
  /** What the job's own row takes, characters. */
  job: number;
}

function rows(): Rows {
  const database = new Database(join(dataDir, DATABASE_FILE));
  const all = (sql: string): Record<string, unknown>[] => database.prepare(sql).all([]) as never;
  const found = {
    profiles: all('SELECT * FROM job_profiles').length,
    loads: all('SELECT * FROM failed_loads').length,
    job: Object.values(all('SELECT * FROM jobs')[0]!).join('').length,
  };
  database.close();
  return found;
}

/** Another worker each time, which reports a slice, and could not load the job before where `cannotLoad`. */
async function serve(workers: number, cannotLoad = false): Promise<void> {
  for (let i = 0; i < workers; i++) {
    clock.nowMs += 1;
    const worker = workerDescription(random);
    const lease = (await leaseFor(store, random, worker))!;
    if (!cannotLoad) {
      await perform(store, 'report', reportOf(lease, worker, lease.first, [1]));
    } else {
      const lost = { code: 'ASSIGN_FAILED', message: 'it does not load here' };
      await perform(store, 'report', { ...reportOf(lease, worker, lease.first, []), failure: lost });
    }
    const { leaseId } = lease;
    const from = lease.first + 1;
    if (lease.count > 1)
      await perform(store, 'releaseLease', { leaseId, workerId: worker.workerId, from, isRecalled: true });
  }
}

it('the row of a job does not grow with its workers, and a bounded number of workers is stored', async () => {
  await serve(1);
  const { job } = rows();
  await serve(100);
  expect(rows().job).toBeLessThan(job + 20);
  expect(rows().profiles).toBeGreaterThanOrEqual(15);
  expect(rows().profiles).toBeLessThanOrEqual(31);
});

it('a bounded number of the workers that could not load a job is stored', async () => {
  await serve(2);
  const { job } = rows();
  await serve(40, true);
  expect(rows().loads).toBe(32);
  expect(rows().job).toBeLessThan(job + 20);
});

it.each(['cancelled', 'finished'])(
  'the stored facts about workers of a job are deleted when the job is %s',
  async (end) => {
    await serve(2);
    await serve(1, true);
    expect(rows()).toMatchObject({ profiles: 2, loads: 1 });
    if (end === 'cancelled') await perform(store, 'cancel', { jobId, owner: OWNER, reason: '' });
    else {
      await perform(store, 'close', { jobId, owner: OWNER });
      const worker = workerDescription(random);
      for (let lease; (lease = await leaseFor(store, random, worker)) !== undefined;) {
        clock.nowMs += lease.count;
        const values = Array.from({ length: lease.count }, () => 1);
        await perform(store, 'report', reportOf(lease, worker, lease.first, values));
      }
    }
    expect((await store.status(jobId))!.status.runStatus).toBe(end);
    expect(rows()).toMatchObject({ profiles: 0, loads: 0 });
  },
);
