/**
 * Real faults of a SQLite file: a lock held by another connection, and a full disk.
 * @module
 */
import { join } from 'node:path';
import Database from 'libsql';
import { vi } from 'vitest';
import { DATABASE_FILE } from '../../scheduler/store/sqlite/sqlite.js';

/** Locks the database for writing; call the returned function to release the lock. */
export function lockDatabase(dataDir: string): () => void {
  const other = new Database(join(dataDir, DATABASE_FILE));
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

/** The database connections that are opened while `open` runs, in order. */
export async function connectionsOf(open: () => Promise<unknown>): Promise<Database.Database[]> {
  const found = new Set<Database.Database>();
  const exec = Database.prototype.exec;
  const spy = vi.spyOn(Database.prototype, 'exec').mockImplementation(function (
    this: Database.Database,
    sql,
  ) {
    found.add(this);
    return exec.call(this, sql);
  });
  await open();
  spy.mockRestore();
  return [...found];
}

/** Lets the file grow by at most `pagesLeft` pages, after which SQLite reports a full disk; call the returned function to end it. */
export function fillDisk(connection: Database.Database, pagesLeft = 0): () => void {
  const { page_count: pages } = connection.prepare('PRAGMA page_count').get() as { page_count: number };
  connection.exec(`PRAGMA max_page_count = ${pages + pagesLeft}`);
  return () => void connection.exec('PRAGMA max_page_count = 4294967294');
}
