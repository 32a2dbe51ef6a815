/**
 * The embedded store: SQLite through libsql, one file, WAL with every commit on disk before it is answered. Scripts
 * run synchronously, so nothing can come between the statements of a transaction.
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { isError, ManyhandsError } from '../../lib/errors.js';
import type { Clock } from '../../lib/clock.js';
import { toHex } from '../../lib/ids.js';
import type { Random } from '../../lib/random.js';
import { checkStore } from './check.js';
import { emptyNotes } from './commands/context.js';
import { runCommand } from './commands/run-command.js';
import { findJob, statusOf } from './job-record.js';
import { migrate } from './migrate.js';
import { readAccount, readJob, readJobs, readJournal, readNextDeadline, readResults } from './reads.js';
import { SCHEMA, SCHEMA_VERSION } from './schema.js';
import { get, run, type Row, type Script, type SqlValue, type Statement } from './script.js';
import type { Command, Committed, Notes, Outcome, Store } from './store.js';

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
  const engine = new SqliteEngine(options.dataDir);
  try {
    const schedulerId = engine.read(prepare(options.random, options.clock.wallMs()));
    return makeStore(engine, schedulerId, options.clock);
  } catch (error) {
    engine.close();
    throw error;
  }
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
  return yield* meta('schedulerId', toHex(random.bytes(32)));
}

function* meta(key: string, initial: string): Script<string> {
  yield* run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING', key, initial);
  return (yield* get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key))!.value;
}

function makeStore(engine: SqliteEngine, schedulerId: string, clock: Clock): Store {
  const read = <R>(script: Script<R>): Promise<R> => Promise.resolve().then(() => engine.read(script));
  return {
    schedulerId,
    commit: (commands) => Promise.resolve().then(() => engine.commit(commands, clock.wallMs())),
    job: (jobId) => read(readJob(jobId)),
    status: (jobId) => read(readStatus(jobId)),
    jobs: (owner, after, limit) => read(readJobs(owner, after, limit)),
    journal: (jobId, after, bytes) => read(readJournal(jobId, after, bytes)),
    results: (jobId, from, to, bytes) => read(readResults(jobId, from, to, bytes)),
    account: (account) => read(readAccount(account)),
    nextDeadline: () => read(readNextDeadline()),
    check: () => Promise.resolve().then(() => engine.snapshot(checkStore())),
    close: () => Promise.resolve(engine.close()),
  };
}

function* readStatus(jobId: string): Script<Awaited<ReturnType<Store['status']>>> {
  const job = yield* findJob(jobId);
  return job === undefined ? undefined : { status: statusOf(job), owner: job.owner };
}

/** Runs scripts against one connection. */
class SqliteEngine {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #exactStatements = new Map<string, Database.Statement>();

  constructor(dataDir: string | undefined) {
    this.#db = openDatabase(dataDir);
    this.#db.exec(SCHEMA);
  }

  /** One transaction for all; when a command breaks off halfway, each is run again in one of its own. */
  commit(commands: readonly Command[], nowMs: number): Committed {
    const notes = emptyNotes();
    try {
      return {
        outcomes: this.#transaction(() => commands.map((c) => this.#outcome(c, nowMs, notes))),
        notes,
      };
    } catch (error) {
      if (commands.length === 1)
        return { outcomes: [{ ok: false, error: unexpected(error) }], notes: emptyNotes() };
    }
    const alone = commands.map((c) => this.commit([c], nowMs));
    const all = emptyNotes();
    for (const { notes } of alone) mergeNotes(all, notes);
    return { outcomes: alone.flatMap((one) => one.outcomes), notes: all };
  }

  read<R>(script: Script<R>): R {
    return this.#drive(script).result;
  }

  /** Reads of one moment, whatever another process commits meanwhile. */
  snapshot<R>(script: Script<R>): R {
    this.#db.exec('BEGIN');
    try {
      return this.read(script);
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  close(): void {
    if (this.#db.open) this.#db.close();
  }

  #outcome(command: Command, nowMs: number, notes: Notes): Outcome {
    const script = runCommand({ nowMs, notes }, command);
    const progress = { wrote: false };
    try {
      return { ok: true, value: this.#drive(script, progress).result };
    } catch (error) {
      if (!isError(error) || progress.wrote) throw error;
      return { ok: false, error };
    }
  }

  #drive<R>(script: Script<R>, progress = { wrote: false }): { result: R } {
    let step = script.next([]);
    while (step.done !== true) {
      if (step.value.want === 'nothing') progress.wrote = true;
      step = script.next(this.#execute(step.value));
    }
    return { result: step.value };
  }

  #execute(statement: Statement): Row[] {
    const prepared = this.#prepare(statement);
    // Always one array: libsql takes a single typed array for named parameters, and aborts the process.
    const params = statement.params as unknown[];
    switch (statement.want) {
      case 'rows':
        return (prepared.all(params) as Record<string, SqlValue | ArrayBuffer>[]).map(withBytes);
      case 'row': {
        const row = prepared.get(params) as Row | undefined;
        return row === undefined ? [] : [row];
      }
      case 'nothing':
        prepared.run(params);
        return [];
    }
  }

  #prepare({ sql, exact }: Statement): Database.Statement {
    const cache = exact ? this.#exactStatements : this.#statements;
    let prepared = cache.get(sql);
    if (prepared === undefined) {
      prepared = this.#db.prepare(sql);
      if (exact) prepared.safeIntegers(true);
      cache.set(sql, prepared);
    }
    return prepared;
  }

  #transaction<R>(body: () => R): R {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = body();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function openDatabase(dataDir: string | undefined): Database.Database {
  const place = dataDir === undefined ? ':memory:' : join(dataDir, DATABASE_FILE);
  try {
    if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
    const db = new Database(place);
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA busy_timeout = 5000');
    return db;
  } catch (cause) {
    throw new ManyhandsError('STORE_UNUSABLE', `cannot open the database ${place}`, { place }, { cause });
  }
}

/** libsql's `all` gives blobs as ArrayBuffers, its `get` as Buffers: a script always sees bytes. */
function withBytes(row: Record<string, SqlValue | ArrayBuffer>): Row {
  for (const [column, value] of Object.entries(row)) {
    if (value instanceof ArrayBuffer) row[column] = new Uint8Array(value);
  }
  return row as Row;
}

function mergeNotes(into: Notes, notes: Notes): void {
  for (const jobId of notes.journal) into.journal.add(jobId);
  into.work ||= notes.work;
  into.revoked.push(...notes.revoked);
}

function unexpected(cause: unknown): ManyhandsError {
  if (isError(cause)) return cause;
  return new ManyhandsError('INTERNAL', 'the scheduler could not do this: see its log', {}, { cause });
}
