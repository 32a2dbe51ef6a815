/**
 * Runs scripts against one connection of SQLite, synchronously, so that nothing comes between the statements of a
 * transaction; and tells what is the fault of a command from what is the fault of the disk.
 * @module
 */
import { statfsSync } from 'node:fs';
import type Database from 'libsql';
import { isError, ManyhandsError } from '../../../lib/errors.js';
import { orderKeys } from '../port/command-order.js';
import { emptyNotes, type CommandContext } from '../commands/context.js';
import { runCommand } from '../commands/run-command.js';
import type { Row, Script, SqlValue, Statement } from '../rows/query-plan.js';
import { isStoreFailure, noRoom, storeFailure } from '../port/store-failure.js';
import type { Command, Committed, Notes, Outcome } from '../port/store.js';

/** With less than this a commit is likely to fail, bytes. */
const FREE_BYTES_MIN = 256 * 1024;

/** What is the same for all commands of a commit. */
type CommitContext = Omit<CommandContext, 'notes'>;

/** Runs scripts against one connection. */
export class SqliteEngine {
  readonly #db: Database.Database;
  /** The folder of its file; none in memory. */
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
   * One transaction for all; when a command breaks off halfway, or the disk does not take them all, each is tried again
   * in one of its own. Throws `STORE_BUSY`, `STORE_FULL` or `STORE_FAILED` where nothing can be taken.
   */
  commit(commands: readonly Command[], now: CommitContext, monotonicMs: () => number): Committed {
    const notes = emptyNotes();
    try {
      return this.transaction(() => {
        const beganMs = monotonicMs();
        const outcomes = commands.map((c) => this.#outcome(c, { ...now, notes }));
        return { outcomes, notes, workMs: monotonicMs() - beganMs };
      });
    } catch (error) {
      const failure = storeFailure(error);
      if (failure?.code === 'STORE_BUSY' || (failure !== undefined && commands.length === 1)) throw failure;
      if (commands.length === 1)
        return { outcomes: [{ ok: false, error: unexpected(error) }], notes: emptyNotes(), workMs: 0 };
    }
    return this.#commitEach(commands, now, monotonicMs);
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

  /** Throws as a commit would for a lock or a full disk; writes nothing. */
  probe(): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      this.#db.exec('ROLLBACK');
    } catch (error) {
      throw storeFailure(error) ?? error;
    }
    if (this.#dataDir === undefined) return;
    const { bavail, bsize } = statfsSync(this.#dataDir);
    if (bavail * bsize < FREE_BYTES_MIN) throw noRoom(bavail * bsize);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** What the log holds goes into the file first, so that the file alone is whole. */
  close(): void {
    if (!this.#db.open) return;
    try {
      if (!this.#isReadOnly) this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // On a full disk, or beside another reader, the log stays, and is read at the next start.
    }
    this.#db.close();
  }

  #commitEach(commands: readonly Command[], now: CommitContext, monotonicMs: () => number): Committed {
    const all = emptyNotes();
    let workMs = 0;
    /** What the failed commands touch, and why they failed. */
    const failed = new Map<string, ManyhandsError>();
    const outcomes = commands.map((command): Outcome => {
      const keys = orderKeys(command);
      const behind = keys.map((key) => failed.get(key)).find((error) => error !== undefined);
      try {
        if (behind !== undefined) throw behind;
        const committed = this.commit([command], now, monotonicMs);
        mergeNotes(all, committed.notes);
        workMs += committed.workMs;
        return committed.outcomes[0]!;
      } catch (error) {
        if (!isStoreFailure(error)) throw error;
        for (const key of keys) failed.set(key, error);
        return { ok: false, error };
      }
    });
    return { outcomes, notes: all, workMs };
  }

  #outcome(command: Command, ctx: CommandContext): Outcome {
    const script = runCommand(ctx, command);
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

  /** All that `body` writes, or nothing of it. */
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

/** libsql's `all` gives blobs as ArrayBuffers, its `get` as Buffers: a script always sees bytes. */
function withBytes(row: Record<string, SqlValue | ArrayBuffer>): Row {
  for (const [column, value] of Object.entries(row)) {
    if (value instanceof ArrayBuffer) row[column] = new Uint8Array(value);
  }
  return row as Row;
}

function mergeNotes(into: Notes, notes: Notes): void {
  for (const jobId of notes.journal) into.journal.add(jobId);
  for (const [jobId, job] of notes.work) into.work.set(jobId, job);
  into.revoked.push(...notes.revoked);
  into.jobs.push(...notes.jobs);
}

function unexpected(cause: unknown): ManyhandsError {
  if (isError(cause)) return cause;
  return new ManyhandsError('INTERNAL', 'the scheduler could not do this: see its log', {}, { cause });
}
