/**
 * The embedded store: SQLite through libsql, one file, WAL with every commit on disk before it is answered.
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { isError, ManyhandsError } from '../../../lib/errors.js';
import { delay, type Clock } from '../../../lib/clock.js';
import { toHex } from '../../../lib/crypto/ids.js';
import type { Random } from '../../../lib/crypto/random.js';
import { EPOCH_MAX } from '../../../protocol/limits.js';
import { NOBODY_ELSE } from '../../policy/roster.js';
import { checkStore } from './check.js';
import { readBans } from '../commands/operator.js';
import { findJob, statusOf } from '../rows/job-record.js';
import { migrate } from '../schema/migrate.js';
import {
  readAccount,
  readEpoch,
  readJob,
  readJobs,
  readJournal,
  readNextDeadline,
  readResults,
} from './reads.js';
import { LATE_INDEXES, SCHEMA, SCHEMA_VERSION } from '../schema/schema.js';
import { get, run, type Script } from '../rows/query-plan.js';
import { SqliteEngine } from './sqlite-engine.js';
import { isStoreFailure, storeFailure } from '../port/store-failure.js';
import type { Store } from '../port/store.js';

export interface SqliteOptions {
  /** The folder of the database file, made when missing; in memory (tests, local mode) when absent. */
  dataDir?: string;
  clock: Clock;
  random: Random;
}

/** The file in the data folder. */
export const DATABASE_FILE = 'manyhands.db';

/** Opens the store, or throws `STORE_UNUSABLE`. */
export function openSqliteStore(options: SqliteOptions): Store {
  const engine = new SqliteEngine(openDatabase(options.dataDir), options.dataDir);
  try {
    // One transaction: a process that ends in the middle of a migration leaves the store as it was.
    const schedulerId = engine.transaction(() => {
      engine.exec(SCHEMA);
      return engine.read(prepare(options.random, options.clock.wallMs()));
    });
    engine.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return makeStore(engine, { schedulerId, epoch: newEpoch(options.random), clock: options.clock });
  } catch (cause) {
    engine.close();
    throw unusable(placeOf(options.dataDir), cause);
  }
}

/** Each run of a store draws its own, never 0: that is of rows from before there were any. */
function newEpoch(random: Random): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3);
  return (((a << 16) | (b << 8) | c) % EPOCH_MAX) + 1;
}

function* prepare(random: Random, nowMs: number): Script<string> {
  const version = yield* migrate(yield* meta('schema', String(SCHEMA_VERSION)), nowMs);
  if (version !== String(SCHEMA_VERSION)) {
    throw new ManyhandsError(
      'STORE_UNUSABLE',
      `the data folder was written by another version (schema ${version}, this one is ${SCHEMA_VERSION})`,
      { found: version, expected: SCHEMA_VERSION },
    );
  }
  for (const sql of LATE_INDEXES) yield* run(sql);
  return yield* meta('schedulerId', toHex(random.bytes(32)));
}

function* meta(key: string, initial: string): Script<string> {
  yield* run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING', key, initial);
  return (yield* get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key))!.value;
}

interface RunOfStore {
  schedulerId: string;
  /** Marks the journal rows of this run. */
  epoch: number;
  clock: Clock;
}

function makeStore(engine: SqliteEngine, { schedulerId, epoch, clock }: RunOfStore): Store {
  const read = <R>(script: () => Script<R>): Promise<R> => readPatiently(clock, () => engine.read(script()));
  return {
    schedulerId,
    commit: (commands, roster = NOBODY_ELSE) =>
      Promise.resolve().then(() =>
        engine.commit(commands, { nowMs: clock.wallMs(), epoch, roster }, () => clock.monotonicMs()),
      ),
    job: (jobId) => read(() => readJob(jobId)),
    status: (jobId) => read(() => readStatus(jobId)),
    jobs: (owner, after, limit) => read(() => readJobs(owner, after, limit)),
    journal: (jobId, after, bytes) => read(() => readJournal(jobId, after, bytes)),
    rowEpoch: (jobId, seq) => read(() => readEpoch(jobId, seq)),
    results: (jobId, from, to, bytes) => read(() => readResults(jobId, from, to, bytes)),
    account: (account) => read(() => readAccount(account)),
    bans: () => read(() => readBans()),
    nextDeadline: () => read(() => readNextDeadline()),
    probe: () => Promise.resolve().then(() => engine.probe()),
    check: () => Promise.resolve().then(() => engine.snapshot(checkStore())),
    close: () => Promise.resolve(engine.close()),
  };
}

function* readStatus(jobId: string): Script<Awaited<ReturnType<Store['status']>>> {
  const job = yield* findJob(jobId);
  return job === undefined ? undefined : { status: statusOf(job), owner: job.owner };
}

/** Tries of a read that another program's lock stops, and the pause between them, milliseconds. */
const READ_TRIES_MAX = 20;
const READ_PAUSE_MS = 100;

/** Reads come past most locks. Throws `STORE_BUSY` where one lasts, `STORE_FAILED` where the disk cannot be read. */
async function readPatiently<R>(clock: Clock, read: () => R): Promise<R> {
  await Promise.resolve();
  for (let tries = 1; ; tries++) {
    try {
      return read();
    } catch (error) {
      const failure = storeFailure(error);
      if (failure?.code !== 'STORE_BUSY' || tries === READ_TRIES_MAX) throw failure ?? error;
    }
    await delay(clock, READ_PAUSE_MS);
  }
}

/**
 * For so long SQLite itself waits for another program's lock, milliseconds. It blocks the process meanwhile, so whoever
 * commits or reads tries again instead.
 */
const BUSY_TIMEOUT_MS = 5;
/** Nobody is served yet while a store is opened, milliseconds. */
const OPEN_TIMEOUT_MS = 5_000;

const placeOf = (dataDir: string | undefined): string =>
  dataDir === undefined ? ':memory:' : join(dataDir, DATABASE_FILE);

function openDatabase(dataDir: string | undefined): Database.Database {
  const place = placeOf(dataDir);
  try {
    if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
    const db = new Database(place);
    db.exec(`PRAGMA busy_timeout = ${OPEN_TIMEOUT_MS}`);
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    return db;
  } catch (cause) {
    throw unusable(place, cause);
  }
}

/** The error of a store that cannot be opened, with its reason in the message: only that tells what to do. */
export function unusable(place: string, cause: unknown): ManyhandsError {
  if (isError(cause) && !isStoreFailure(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ManyhandsError(
    'STORE_UNUSABLE',
    `cannot use the database ${place}: ${reason}`,
    { place, reason },
    { cause },
  );
}
