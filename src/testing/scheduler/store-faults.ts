/**
 * Real faults of a SQLite file: a lock that another program holds, and a disk on which there is no more room.
 * @module
 */
import { join } from 'node:path';
import Database from 'libsql';
import { vi } from 'vitest';
import { DATABASE_FILE } from '../../scheduler/store/sqlite/sqlite.js';

/** Holds the database as a program that writes does; call the answer to let it go. */
export function lockDatabase(dataDir: string): () => void {
  const other = new Database(join(dataDir, DATABASE_FILE));
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

/** The connections that are opened while `open` runs, in their order. */
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

/** The file may not grow by more than so many pages: SQLite says then that the disk is full. Call the answer to end it. */
export function fillDisk(connection: Database.Database, pagesLeft = 0): () => void {
  const { page_count: pages } = connection.prepare('PRAGMA page_count').get() as { page_count: number };
  connection.exec(`PRAGMA max_page_count = ${pages + pagesLeft}`);
  return () => void connection.exec('PRAGMA max_page_count = 4294967294');
}
