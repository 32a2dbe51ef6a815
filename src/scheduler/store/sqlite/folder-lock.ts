/**
 * One scheduler for each data folder: a lock that the operating system releases with the process, even after `kill -9`.
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { ManyhandsError } from '../../../lib/errors.js';
import { sqliteFailure } from './sqlite-failure.js';

/**
 * Locks the folder, which is created when missing.
 * @returns a function that releases the lock
 * @throws DATA_DIR_LOCKED, STORE_UNUSABLE
 */
export function lockFolder(dataDir: string): () => void {
  let db: Database.Database;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    db = new Database(join(dataDir, 'lock.db'));
  } catch (cause) {
    throw unusable(dataDir, cause);
  }
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    if (sqliteFailure(cause)?.code !== 'STORE_BUSY') throw unusable(dataDir, cause);
    throw new ManyhandsError(
      'DATA_DIR_LOCKED',
      `another scheduler uses the data folder ${dataDir}: stop it, or choose another folder`,
      { dataDir },
      { cause },
    );
  }
  return () => db.close();
}

function unusable(dataDir: string, cause: unknown): ManyhandsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const text = `cannot use the data folder ${dataDir}: ${reason}`;
  return new ManyhandsError('STORE_UNUSABLE', text, { dataDir, reason }, { cause });
}
