/**
 * What SQLite does for each statement of the store: every one that runs while jobs run finds its rows by an index and in
 * the order that it wants, so that none costs more the more a store has kept.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DATABASE_FILE, openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { ManualClock, OWNER, PAYER } from './store-commands.js';
import { wholeJournal } from './store-fixture.js';
import { issueAllCommands } from './store-history.js';

let dataDir: string;
const statements = new Set<string>();
let isRunning = false;

/** Everything that a store is asked while it serves. */
async function play(): Promise<void> {
  const clock = new ManualClock();
  const random = new SeededRandom(5);
  const store = openSqliteStore({ dataDir, clock, random });
  isRunning = true;
  const { jobId, other } = await issueAllCommands(store, random, clock);
  await store.nextDeadline();
  await store.job(jobId);
  await store.jobs({ limit: 10 });
  await store.jobs({ after: other, limit: 10 });
  await store.jobs({ owner: OWNER, limit: 10 });
  await store.jobs({ owner: OWNER, after: other, limit: 10 });
  for (const query of [{}, { owner: OWNER }, { after: other }, { owner: OWNER, after: other }])
    await store.jobs({ tag: 'a', limit: 10, ...query });
  await wholeJournal(store, jobId);
  await store.results(jobId, 1, 50, 1_000_000);
  await store.account(PAYER);
  isRunning = false;
  await store.close();
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-plans-'));
  const prepare = Database.prototype.prepare;
  vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Database.Database, sql) {
    if (isRunning) statements.add(sql);
    return prepare.call(this, sql);
  });
  await play();
  vi.restoreAllMocks();
});
afterAll(() => rm(dataDir, { recursive: true }));

/** Statements that sort, and why that is bounded. */
const MAY_SORT = [
  // The unfinished jobs of one owner, whose number is limited, and those that one ban has paused.
  /^SELECT job_id AS "jobId" FROM (jobs WHERE owner = |holds WHERE banned = )/,
  // Only the jobs that a worker named, of one owner or one by one.
  / owner IN .* job_id IN /s,
];

/** Statements that read a whole table, and why that is bounded. */
const MAY_SCAN = [
  // Once, when a node starts.
  /^UPDATE leases SET deadline_ms = \? WHERE node_id = \?$/,
];

it('every SQL statement of a running store uses an index, and sorts no unbounded set of rows', () => {
  expect(statements.size).toBeGreaterThan(50);
  const database = new Database(join(dataDir, DATABASE_FILE));
  const found: string[] = [];
  for (const sql of statements) {
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
    for (const { detail } of steps) {
      const isFullScan = /^SCAN (?!CONSTANT ROW)(?!.* USING (COVERING )?INDEX)/.test(detail);
      const isScan = isFullScan && !MAY_SCAN.some((one) => one.test(sql));
      const isSort = detail.includes('TEMP B-TREE') && !MAY_SORT.some((one) => one.test(sql));
      // All that a job has, where a few rows of it are wanted.
      const isWholeJob = /^SEARCH (outputs|inputs|journal|ranges) .*\(job_id=\?\)$/.test(detail);
      if (isScan || isSort || isWholeJob) found.push(`${detail}: ${sql}`);
    }
  }
  database.close();
  expect(found).toEqual([]);
});

it('a journal row reads its outcomes by an index on the row, not by a scan of the job', () => {
  const sql = [...statements].find((one) =>
    /SELECT first, count, segment FROM outputs .*seq = \?/.test(one),
  )!;
  const database = new Database(join(dataDir, DATABASE_FILE));
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
  database.close();
  expect(steps.map(({ detail }) => detail)).toEqual([
    'SEARCH outputs USING INDEX outputs_by_row (job_id=? AND seq=?)',
  ]);
});
