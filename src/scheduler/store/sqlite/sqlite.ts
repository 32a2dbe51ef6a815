/**
 * The embedded store: SQLite through libsql, one file, in WAL mode with every commit synced to disk before its reply.
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { isError, ManyhandsError } from '../../../lib/errors.js';
import { delay, type Clock } from '../../../lib/clock.js';
import type { Random } from '../../../lib/crypto/random.js';
import { EPOCH_MAX } from '../../../protocol/limits.js';
import { NO_OTHER_WORKERS } from '../../policy/roster.js';
import { openSchema } from '../migrations/open-schema.js';
import { isStoreFailure } from '../port/store-failure.js';
import type { Store } from '../port/store.js';
import { checkStore } from '../reads/check.js';
import {
  readAccount,
  readBans,
  readJob,
  readJobs,
  readNextDeadline,
  readStatus,
} from '../reads/job-reads.js';
import { readEpoch, readJournal, readResults } from '../reads/journal-reads.js';
import type { QueryPlan } from '../rows/query-plan.js';
import { SQLITE_DIALECT } from './sqlite-dialect.js';
import { SqliteEngine } from './sqlite-engine.js';
import { sqliteFailure } from './sqlite-failure.js';

export interface SqliteOptions {
  /** The folder of the database file, created when missing; absent: in memory (tests, local mode). */
  dataDir?: string;
  clock: Clock;
  random: Random;
  /** The node that opens the store, see `CommandContext`. @default 'local', because one scheduler at a time has a data folder */
  nodeId?: string;
}

/** The file in the data folder. */
export const DATABASE_FILE = 'manyhands.db';

/** Opens the store, and migrates it if needed. @throws STORE_UNUSABLE */
export function openSqliteStore(options: SqliteOptions): Store {
  const engine = new SqliteEngine(openDatabase(options.dataDir), options.dataDir);
  try {
    const { clock, random, nodeId = 'local' } = options;
    const migration = { nowMs: clock.wallMs(), nodeId, dialect: SQLITE_DIALECT };
    // One transaction: a process that ends in the middle of a migration leaves the store unchanged.
    const schedulerId = engine.transaction(() => engine.read(openSchema(migration, random)));
    engine.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return makeStore(engine, { schedulerId, nodeId, epoch: newEpoch(random), clock });
  } catch (cause) {
    engine.close();
    throw unusable(databasePath(options.dataDir), cause);
  }
}

/** A random epoch for this run of the store, never 0, which marks rows from before epochs existed. */
function newEpoch(random: Random): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3);
  return (((a << 16) | (b << 8) | c) % EPOCH_MAX) + 1;
}

interface RunOfStore {
  schedulerId: string;
  nodeId: string;
  /** Epoch of the journal rows of this run. */
  epoch: number;
  clock: Clock;
}

function makeStore(engine: SqliteEngine, { schedulerId, nodeId, epoch, clock }: RunOfStore): Store {
  const read = <R>(plan: () => QueryPlan<R>): Promise<R> => readWithRetry(clock, () => engine.read(plan()));
  return {
    schedulerId,
    commit: (commands, roster = NO_OTHER_WORKERS) =>
      Promise.resolve().then(() =>
        engine.commit(commands, { nowMs: clock.wallMs(), nodeId, epoch, roster }, () => clock.monotonicMs()),
      ),
    job: (jobId) => read(() => readJob(jobId)),
    status: (jobId) => read(() => readStatus(jobId)),
    jobs: (query) => read(() => readJobs(query)),
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

/** Attempts of a read that another program's lock blocks, and the pause between them, milliseconds. */
const READ_TRIES_MAX = 20;
const READ_PAUSE_MS = 100;

/** Retries a read while another program locks the database. @throws STORE_BUSY when it stays locked, STORE_FAILED */
async function readWithRetry<R>(clock: Clock, read: () => R): Promise<R> {
  await Promise.resolve();
  for (let tries = 1; ; tries++) {
    try {
      return read();
    } catch (error) {
      const failure = sqliteFailure(error);
      if (failure?.code !== 'STORE_BUSY' || tries === READ_TRIES_MAX) throw failure ?? error;
    }
    await delay(clock, READ_PAUSE_MS);
  }
}

/**
 * How long SQLite itself waits for another program's lock, milliseconds. It blocks the process meanwhile, so commits and
 * reads are retried instead.
 */
const BUSY_TIMEOUT_MS = 5;
/** The same while the store is opened, when no client is served yet, milliseconds. */
const OPEN_TIMEOUT_MS = 5_000;

const databasePath = (dataDir: string | undefined): string =>
  dataDir === undefined ? ':memory:' : join(dataDir, DATABASE_FILE);

function openDatabase(dataDir: string | undefined): Database.Database {
  const place = databasePath(dataDir);
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

/** The error of a store that cannot be opened; its message contains the reason. */
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
