/**
 * Which rows commands lock, for engines with concurrent transactions: always in one order, and the job before anything that
 * belongs to it is written. SQLite ignores locks, so the statements of the plans are observed.
 * @module
 */
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newCommitEvents } from '../../src/scheduler/store/commands/context.js';
import { runCommand } from '../../src/scheduler/store/commands/run-command.js';
import { openSchema } from '../../src/scheduler/store/migrations/open-schema.js';
import type { CommandName, Store } from '../../src/scheduler/store/port/store.js';
import { NO_OTHER_WORKERS } from '../../src/scheduler/policy/roster.js';
import type { QueryPlan, Statement } from '../../src/scheduler/store/rows/query-plan.js';
import { LOCK_ORDER } from '../../src/scheduler/store/rows/row-lock.js';
import { SQLITE_DIALECT } from '../../src/scheduler/store/sqlite/sqlite-dialect.js';
import { SqliteEngine } from '../../src/scheduler/store/sqlite/sqlite-engine.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  ManualClock,
  rangeInput,
  workerDescription,
} from './store-commands.js';
import { issueAllCommands } from './store-history.js';

interface Observed {
  readonly name: CommandName;
  readonly statements: Statement[];
}

let engine: SqliteEngine;
let clock: ManualClock;
let random: SeededRandom;
const observed: Observed[] = [];

/** The same plan; each of its statements is added to `statements`. */
function* watched<R>(plan: QueryPlan<R>, statements: Statement[]): QueryPlan<R> {
  let step = plan.next([]);
  while (step.done !== true) {
    statements.push(step.value);
    step = plan.next(yield step.value);
  }
  return step.value;
}

/** The same plan, as if another transaction had locked the row of that job: a statement that skips locked rows finds none. */
function* withLocked<R>(plan: QueryPlan<R>, jobId: string): QueryPlan<R> {
  let step = plan.next([]);
  while (step.done !== true) {
    const { lock, params } = step.value;
    const isSkipped = lock?.whenLocked === 'skip' && params[0] === jobId;
    step = plan.next(isSkipped ? [] : yield step.value);
  }
  return step.value;
}

/** Runs the plan of each command as `change` returns it. */
const committing =
  (change: <R>(plan: QueryPlan<R>, name: CommandName) => QueryPlan<R>): Store['commit'] =>
  ([command]) => {
    const events = newCommitEvents();
    const ctx = { nowMs: clock.nowMs, nodeId: 'node', epoch: 1, events, roster: NO_OTHER_WORKERS };
    const value = engine.read(change(runCommand(ctx, command!), command!.name));
    return Promise.resolve({ outcomes: [{ ok: true, value }], events, workMs: 0 });
  };

beforeEach(async () => {
  clock = new ManualClock();
  random = new SeededRandom(5);
  engine = new SqliteEngine(new Database(':memory:'), undefined);
  const node = { nowMs: clock.nowMs, nodeId: 'node', dialect: SQLITE_DIALECT };
  engine.transaction(() => engine.read(openSchema(node, random)));
  const commit = committing((plan, name) => {
    const statements: Statement[] = [];
    observed.push({ name, statements });
    return watched(plan, statements);
  });
  observed.length = 0;
  await issueAllCommands({ commit }, random, clock);
});
afterEach(() => engine.close());

/** The rows that a command locks, as `table key` with the table's place in the order. */
const locksOf = ({ statements }: Observed): string[] =>
  statements.flatMap(({ lock, params }) =>
    lock === undefined ? [] : [`${LOCK_ORDER.indexOf(lock.table)} ${String(params[0])}`],
  );

it('every command locks rows in the same order, jobs before accounts and each by its key', () => {
  const locking = observed.filter((one) => locksOf(one).length > 0);
  expect(new Set(locking.map(({ name }) => name)).size).toBeGreaterThan(12);
  // Several jobs in one command, so that their order is seen.
  for (const name of ['ban', 'unban', 'expireLeases'])
    expect(
      Math.max(...observed.filter((one) => one.name === name).map((one) => locksOf(one).length)),
    ).toBeGreaterThan(2);
  for (const one of observed) expect(locksOf(one), one.name).toEqual(locksOf(one).sort());
});

/** Tables whose rows belong to a job; in each of them, the job's id is the first column. */
const OF_JOBS = /^(INSERT INTO|UPDATE|DELETE FROM) (jobs|ranges|inputs|outputs|journal) /;

/** The job whose rows a statement writes; undefined when it writes none of these tables. */
function writtenJob({ sql, params }: Statement): string | undefined {
  if (!OF_JOBS.test(sql)) return undefined;
  if (sql.startsWith('INSERT')) return String(params[0]);
  const before = sql.slice(0, sql.indexOf('job_id = ?'));
  return String(params[before.split('?').length - 1]);
}

it('no command writes rows of a job that it has not locked, except the row of a new job', () => {
  let writes = 0;
  for (const { name, statements } of observed) {
    const locked = new Set<string>();
    for (const statement of statements) {
      const job = writtenJob(statement);
      if (statement.lock?.table === 'jobs' || statement.sql.startsWith('INSERT INTO jobs'))
        locked.add(String(statement.params[0]));
      if (job === undefined) continue;
      writes += 1;
      expect(locked.has(job), `${name}: ${statement.sql}`).toBe(true);
    }
  }
  expect(writes).toBeGreaterThan(100);
});

it('a lease request skips a job that another transaction has locked, and every other command waits for it', () => {
  for (const { name, statements } of observed) {
    const modes = statements.flatMap(({ lock }) => (lock === undefined ? [] : [lock.whenLocked]));
    expect(new Set(modes), name).toEqual(
      modes.length === 0 ? new Set() : new Set([name === 'grantLease' ? 'skip' : 'wait']),
    );
  }
});

it('a lease request gets work of the next job where another transaction has locked the first one', async () => {
  const free = { commit: committing((plan) => plan) };
  const first = await deployJob(free, random);
  await appendTo(free, random, first, rangeInput(1));
  clock.nowMs += 1;
  const second = await deployJob(free, random);
  await appendTo(free, random, second, rangeInput(1));
  const beside = { commit: committing((plan) => withLocked(plan, first)) };
  expect((await leaseFor(beside, random, workerDescription(random)))?.jobId).toBe(second);
  expect(await leaseFor(beside, random, workerDescription(random))).toBeUndefined();
  expect((await leaseFor(free, random, workerDescription(random)))?.jobId).toBe(first);
});
