/**
 * Runs query plans on one SQLite connection, synchronously, so that nothing interleaves with a transaction; and
 * distinguishes failures of a command from failures of the disk.
 * @module
 */
import { statfsSync } from 'node:fs';
import type Database from 'libsql';
import { isError, ManyhandsError } from '../../../lib/errors.js';
import { orderKeys } from '../port/command-order.js';
import { newCommitEvents, type CommandContext } from '../commands/context.js';
import { runCommand } from '../commands/run-command.js';
import type { Row, QueryPlan, Statement } from '../rows/query-plan.js';
import { isStoreFailure, diskFullError } from '../port/store-failure.js';
import type { Command, Committed, CommitEvents, Outcome } from '../port/store.js';
import type { SqlValue } from '../schema/column.js';
import { sqliteFailure } from './sqlite-failure.js';

/** With less free space, in bytes, a commit is likely to fail. */
const FREE_BYTES_MIN = 256 * 1024;

/** The context that all commands of a commit share. */
type CommitContext = Omit<CommandContext, 'events'>;

/** Runs query plans on one connection. */
export class SqliteEngine {
  readonly #db: Database.Database;
  /** The folder of the database file; undefined in memory. */
  readonly #dataDir: string | undefined;
  readonly #isReadOnly: boolean;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #exactStatements = new Map<string, Database.Statement>();

  constructor(db: Database.Database, dataDir: string | undefined, options: { readOnly?: boolean } = {}) {
    this.#db = db;
    this.#isReadOnly = options.readOnly ?? false;
    this.#dataDir = dataDir;
  }

  /**
   * Executes all commands in one transaction; when a command fails after a write, or the disk does not accept them all, each
   * is retried in a transaction of its own.
   * @throws STORE_BUSY, STORE_FULL or STORE_FAILED when no command can be committed
   */
  commit(commands: readonly Command[], now: CommitContext, monotonicMs: () => number): Committed {
    const events = newCommitEvents();
    try {
      return this.transaction(() => {
        const beganMs = monotonicMs();
        const outcomes = commands.map((c) => this.#outcome(c, { ...now, events }));
        return { outcomes, events, workMs: monotonicMs() - beganMs };
      });
    } catch (error) {
      const failure = sqliteFailure(error);
      if (failure?.code === 'STORE_BUSY' || (failure !== undefined && commands.length === 1)) throw failure;
      if (commands.length === 1)
        return { outcomes: [{ ok: false, error: unexpected(error) }], events: newCommitEvents(), workMs: 0 };
    }
    return this.#commitEach(commands, now, monotonicMs);
  }

  read<R>(plan: QueryPlan<R>): R {
    return this.#drive(plan).result;
  }

  /** Reads from one snapshot, whatever another process commits meanwhile. */
  snapshot<R>(plan: QueryPlan<R>): R {
    this.#db.exec('BEGIN');
    try {
      return this.read(plan);
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  /** Checks for a lock or a full disk without writing. @throws STORE_BUSY, STORE_FULL, STORE_FAILED */
  probe(): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      this.#db.exec('ROLLBACK');
    } catch (error) {
      throw sqliteFailure(error) ?? error;
    }
    if (this.#dataDir === undefined) return;
    const { bavail, bsize } = statfsSync(this.#dataDir);
    if (bavail * bsize < FREE_BYTES_MIN) throw diskFullError(bavail * bsize);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** Writes the write-ahead log into the file, so that the file alone is complete, and closes. */
  close(): void {
    if (!this.#db.open) return;
    try {
      if (!this.#isReadOnly) this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // On a full disk, or with another reader, the log stays and is read at the next start.
    }
    this.#db.close();
  }

  #commitEach(commands: readonly Command[], now: CommitContext, monotonicMs: () => number): Committed {
    const all = newCommitEvents();
    let workMs = 0;
    /** Order keys of the failed commands, with their errors. */
    const failed = new Map<string, ManyhandsError>();
    const outcomes = commands.map((command): Outcome => {
      const keys = orderKeys(command);
      const behind = keys.map((key) => failed.get(key)).find((error) => error !== undefined);
      try {
        if (behind !== undefined) throw behind;
        const committed = this.commit([command], now, monotonicMs);
        mergeEvents(all, committed.events);
        workMs += committed.workMs;
        return committed.outcomes[0]!;
      } catch (error) {
        if (!isStoreFailure(error)) throw error;
        for (const key of keys) failed.set(key, error);
        return { ok: false, error };
      }
    });
    return { outcomes, events: all, workMs };
  }

  #outcome(command: Command, ctx: CommandContext): Outcome {
    const plan = runCommand(ctx, command);
    const progress = { wrote: false };
    try {
      return { ok: true, value: this.#drive(plan, progress).result };
    } catch (error) {
      if (!isError(error) || progress.wrote) throw error;
      return { ok: false, error };
    }
  }

  #drive<R>(plan: QueryPlan<R>, progress = { wrote: false }): { result: R } {
    let step = plan.next([]);
    while (step.done !== true) {
      if (step.value.returns === 'nothing') progress.wrote = true;
      step = plan.next(this.#execute(step.value));
    }
    return { result: step.value };
  }

  #execute(statement: Statement): Row[] {
    const prepared = this.#prepare(statement);
    // Always one array: libsql mistakes a single typed array for named parameters, and aborts the process.
    const params = statement.params as unknown[];
    switch (statement.returns) {
      case 'rows':
        return (prepared.all(params) as Record<string, SqlValue | ArrayBuffer>[]).map(withBytes);
      case 'row': {
        const row = prepared.get(params) as Row | undefined;
        if (row === undefined) return [];
        // libsql's `get` adds the duration of the query to the row, as its last property.
        delete row['_metadata'];
        return [row];
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

  /** Runs `body` in one transaction: all its writes are committed, or none. */
  transaction<R>(body: () => R): R {
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

/** libsql's `all` returns blobs as ArrayBuffers, its `get` as Buffers; plans always get a Uint8Array. */
function withBytes(row: Record<string, SqlValue | ArrayBuffer>): Row {
  for (const [column, value] of Object.entries(row)) {
    if (value instanceof ArrayBuffer) row[column] = new Uint8Array(value);
  }
  return row as Row;
}

function mergeEvents(into: CommitEvents, events: CommitEvents): void {
  for (const jobId of events.journal) into.journal.add(jobId);
  for (const [jobId, job] of events.work) into.work.set(jobId, job);
  into.revoked.push(...events.revoked);
  into.jobs.push(...events.jobs);
}

function unexpected(cause: unknown): ManyhandsError {
  if (isError(cause)) return cause;
  return new ManyhandsError(
    'INTERNAL',
    'the scheduler failed to execute the command: see its log',
    {},
    { cause },
  );
}
