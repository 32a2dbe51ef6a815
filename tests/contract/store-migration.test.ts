/**
 * A store of the version before is taken over as it is, with its jobs; one of an unknown version is refused.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { LEASE_MS } from '../../src/protocol/limits.js';
import { DATABASE_FILE, openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  offerOf,
  OWNER,
  perform,
  rangeInput,
  ManualClock,
  workerDescription,
} from './store-commands.js';

let dataDir: string;
let random: SeededRandom;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-store-'));
  random = new SeededRandom(3);
});
afterEach(() => rm(dataDir, { recursive: true }));

const open = (): Store => openSqliteStore({ dataDir, clock: new ManualClock(), random });

/** Changes the file by hand. */
function change(...statements: string[]): void {
  const database = new Database(join(dataDir, DATABASE_FILE));
  for (const sql of statements) database.exec(sql);
  database.close();
}

it.each([
  ['whole', []],
  ['interrupted', ["ALTER TABLE jobs ADD COLUMN origins_json TEXT NOT NULL DEFAULT '[]'"]],
])('a store of version 2 is migrated to the current version: %s', async (_what, begun) => {
  const before = open();
  const jobId = await deployJob(before, random);
  await appendTo(before, random, jobId, rangeInput(10));
  await before.close();
  change(
    'ALTER TABLE jobs DROP COLUMN origins_json',
    'DROP INDEX ranges_to_lease',
    'ALTER TABLE ranges DROP COLUMN failures',
    'ALTER TABLE leases DROP COLUMN isolation',
    'ALTER TABLE leases DROP COLUMN node_id',
    'ALTER TABLE jobs DROP COLUMN served_ms',
    'ALTER TABLE jobs DROP COLUMN turn_ms',
    'ALTER TABLE jobs DROP COLUMN result_ms',
    'DROP INDEX jobs_with_work_by_class',
    'ALTER TABLE jobs DROP COLUMN class_key',
    'ALTER TABLE jobs ADD COLUMN profile_ms REAL NOT NULL DEFAULT 0',
    'ALTER TABLE jobs ADD COLUMN profile_slices REAL NOT NULL DEFAULT 0',
    "UPDATE meta SET value = '2' WHERE key = 'schema'",
    ...begun,
  );
  for (let time = 0; time < 2; time++) {
    const store = open();
    expect((await store.status(jobId))!.status).toMatchObject({ total: 10 });
    expect((await store.job(jobId))!.candidate.origins).toEqual([]);
    expect(await leaseFor(store, random, workerDescription(random))).toMatchObject({ jobId });
    expect(await store.check()).toEqual([]);
    await store.close();
  }
});

/** What each column of version 4 said of workers, in the rows that version 5 has of them. */
function rowsOfWorkers(): unknown {
  const database = new Database(join(dataDir, DATABASE_FILE));
  const all = (sql: string): unknown => database.prepare(sql).all([]);
  const found = {
    profiles: all('SELECT worker_id, ms, slices, total FROM job_profiles ORDER BY at_ms'),
    loads: all('SELECT worker_id, payee, isolation, at_ms FROM failed_loads'),
    columns: all("SELECT name FROM pragma_table_info('jobs') WHERE name IN ('profile_by', 'unloadable_by')"),
  };
  database.close();
  return found;
}

it('the migration from version 4 moves the facts about workers from job rows to their own rows', async () => {
  const before = open();
  const jobId = await deployJob(before, random);
  await appendTo(before, random, jobId, rangeInput(10));
  await before.close();
  const profile = JSON.stringify([
    ['slow', 500.5, 1, 3],
    ['fast', 5, 10, 20],
  ]);
  const loads = JSON.stringify([['broken', 'payee', 'deno', 7]]);
  change(
    "ALTER TABLE jobs ADD COLUMN unloadable_by TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE jobs ADD COLUMN profile_by TEXT NOT NULL DEFAULT ''",
    `UPDATE jobs SET profile_by = '${profile}', unloadable_by = '${loads}', unloadable = 1`,
    "UPDATE meta SET value = '4' WHERE key = 'schema'",
  );
  const store = open();
  // The median of two is the longer one: a worker that nothing is known of gets few slices.
  expect(await leaseFor(store, random, workerDescription(random))).toMatchObject({
    jobId,
    estimatedSliceMs: 500.5,
  });
  expect(await store.check()).toEqual([]);
  await store.close();
  expect(rowsOfWorkers()).toEqual({
    profiles: [
      { worker_id: 'slow', ms: 500.5, slices: 1, total: 3 },
      { worker_id: 'fast', ms: 5, slices: 10, total: 20 },
    ],
    loads: [{ worker_id: 'broken', payee: 'payee', isolation: 'deno', at_ms: 7 }],
    columns: [],
  });
});

it('the migration from version 3 cancels jobs whose package contains the secret of a group, and refunds their escrow', async () => {
  const before = open();
  const offer = offerOf(random, new ManualClock(), { price: 10n, ceiling: 50n });
  const { account } = offer;
  await perform(before, 'mint', { account, amount: 100n, mintId: newId(random) });
  const jobId = await deployJob(before, random, offer);
  await appendTo(before, random, jobId, rangeInput(5));
  const publicJob = await deployJob(before, random);
  await before.close();
  const hashed = JSON.stringify([{ key: 'public' }, { key: 'lab', secretHash: '1'.repeat(64) }]);
  change(
    `UPDATE jobs SET groups_json = '${hashed}' WHERE job_id = '${jobId}'`,
    "UPDATE meta SET value = '3' WHERE key = 'schema'",
  );
  const store = open();
  const { status, candidate } = (await store.job(jobId))!;
  expect(status).toMatchObject({
    runStatus: 'cancelled',
    reason: expect.stringContaining('deploy it again'),
  });
  expect(candidate.groups).toEqual([]);
  expect(await store.account(account)).toMatchObject({ balance: 100n, escrow: 0n });
  expect((await store.status(publicJob))!.status.runStatus).toBe('running');
  expect(await store.check()).toEqual([]);
  await store.close();
});

it('a paid job of version 3, whose offer names no owner, continues at its price and can be topped up by a new offer', async () => {
  const before = open();
  const clock = new ManualClock();
  const offer = offerOf(random, clock, { price: 10n, ceiling: 20n });
  await perform(before, 'mint', { account: offer.account, amount: 100n, mintId: newId(random) });
  const jobId = await deployJob(before, random, offer);
  await appendTo(before, random, jobId, rangeInput(5));
  await before.close();
  change(
    `UPDATE packages SET offer = CAST(json_remove(CAST(offer AS TEXT), '$.owner') AS BLOB)`,
    "UPDATE meta SET value = '3' WHERE key = 'schema'",
  );
  const store = open();
  const { status, offer: stored } = (await store.job(jobId))!;
  expect(stored).toBeUndefined();
  expect(status).toMatchObject({ runStatus: 'running' });
  expect(await store.account(offer.account)).toMatchObject({ balance: 80n, escrow: 20n });
  await perform(store, 'topup', {
    jobId,
    owner: OWNER,
    offer: offerOf(random, clock, { price: 10n, ceiling: 50n }),
  });
  expect(await store.account(offer.account)).toMatchObject({ balance: 50n, escrow: 50n });
  expect(await leaseFor(store, random, workerDescription(random))).toMatchObject({ jobId });
  expect(await store.check()).toEqual([]);
  await store.close();
});

it('a migration that fails leaves the store and the ledger unchanged', async () => {
  const before = open();
  const offer = offerOf(random, new ManualClock(), { price: 10n, ceiling: 50n });
  const { account } = offer;
  await perform(before, 'mint', { account, amount: 100n, mintId: newId(random) });
  const jobId = await deployJob(before, random, offer);
  await appendTo(before, random, jobId, rangeInput(5));
  await before.close();
  const hashed = JSON.stringify([{ key: 'lab', secretHash: '1'.repeat(64) }]);
  change(
    `UPDATE jobs SET groups_json = '${hashed}' WHERE job_id = '${jobId}'`,
    "UPDATE meta SET value = '3' WHERE key = 'schema'",
    // The job cannot be ended after its escrow was given back, as where the process or the disk ends there.
    `CREATE TRIGGER broken BEFORE UPDATE OF run_status ON jobs BEGIN SELECT RAISE(ABORT, 'gone'); END`,
  );
  expect(open).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }));
  expect(open).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }));
  change('DROP TRIGGER broken');
  const store = open();
  expect((await store.status(jobId))!.status.runStatus).toBe('cancelled');
  expect(await store.account(account)).toMatchObject({ balance: 100n, escrow: 0n });
  expect(await store.check()).toEqual([]);
  await store.close();
});

it('a lease of version 5, which named no node, is extended when the node restarts after the migration', async () => {
  const clock = new ManualClock();
  const before = openSqliteStore({ dataDir, clock, random });
  await appendTo(before, random, await deployJob(before, random), rangeInput(10));
  const worker = workerDescription(random);
  const { leaseId } = (await leaseFor(before, random, worker))!;
  await before.close();
  change('ALTER TABLE leases DROP COLUMN node_id', "UPDATE meta SET value = '5' WHERE key = 'schema'");
  const store = openSqliteStore({ dataDir, clock, random });
  clock.nowMs += LEASE_MS - 1;
  await perform(store, 'extendLeasesAfterRestart', {});
  clock.nowMs += 2;
  expect(await perform(store, 'expireLeases', {})).toEqual({ expired: 0 });
  const { workerId } = worker;
  expect(await perform(store, 'renewLeases', { workerId, leaseIds: [leaseId] })).toEqual({ expired: [] });
  expect(await store.check()).toEqual([]);
  await store.close();
});

it('the slices of a job of version 6 can be cancelled and run again after the migration', async () => {
  const before = open();
  const jobId = await deployJob(before, random);
  await appendTo(before, random, jobId, rangeInput(10));
  await before.close();
  change(
    ...['cancelled', 'retried', 'checkpoints', 'attempts', 'fail_fast'].map(
      (column) => `ALTER TABLE jobs DROP COLUMN ${column}`,
    ),
    ...['slice_requests', 'checkpoints', 'job_details', 'job_tags'].map((table) => `DROP TABLE ${table}`),
    "UPDATE meta SET value = '6' WHERE key = 'schema'",
  );
  const store = open();
  const request = () => ({ jobId, owner: OWNER, requestId: newId(random), from: 3, to: 5 });
  expect(await perform(store, 'cancelSlices', { ...request(), reason: '' })).toMatchObject({ count: 3 });
  expect(await perform(store, 'retrySlices', request())).toMatchObject({ count: 3, status: { failed: 0 } });
  expect(await store.check()).toEqual([]);
  await store.close();
});

it('a store of an unknown version is refused', async () => {
  await open().close();
  change("UPDATE meta SET value = '99' WHERE key = 'schema'");
  expect(open).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }));
});

it('a job with origins is leased only to workers that allow all of them, and input of another origin is refused', async () => {
  const store = open();
  const jobId = await deployJob(store, random, undefined, ['https://a.example', 'https://b.example']);
  const add = (...origins: string[]): Promise<number> =>
    appendTo(store, random, jobId, rangeInput(5), origins);
  await expect(add('https://b.example', 'https://c.example')).rejects.toMatchObject({
    code: 'ORIGIN_NOT_ALLOWED',
    info: { origin: 'https://c.example' },
  });
  expect(await add('https://b.example')).toBe(1);
  const worker = workerDescription(random);
  const allows = (...allowOrigins: string[]) => leaseFor(store, random, { ...worker, allowOrigins });
  expect(await leaseFor(store, random, worker)).toBeUndefined();
  expect(await allows('https://a.example')).toBeUndefined();
  expect(await allows('https://b.example', 'https://a.example')).toMatchObject({ jobId });
  await store.close();
});
