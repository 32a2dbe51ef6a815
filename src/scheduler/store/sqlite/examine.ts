/**
 * Checks the data folder of a scheduler that may be running, without writing to it: pages, invariants, blobs.
 * @module
 */
import { existsSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { isError, ManyhandsError } from '../../../lib/errors.js';
import { checkBlobs, type BlobSizes } from './check-blobs.js';
import { checkStore } from '../reads/check.js';
import { META, SCHEMA_VERSION } from '../schema/schema.js';
import { get, all, type QueryPlan } from '../rows/query-plan.js';
import { selectOne } from '../rows/table-plans.js';
import { SqliteEngine } from './sqlite-engine.js';
import { DATABASE_FILE, unusable } from './sqlite.js';

/** Largest number of reported damaged pages. */
const DAMAGED_PAGES_MAX = 20;

/**
 * The defects of a data folder as sentences; empty when there are none.
 * @throws STORE_UNUSABLE when there is no database, or it cannot be opened
 */
export async function examineDataDir(dataDir: string): Promise<string[]> {
  const place = join(dataDir, DATABASE_FILE);
  const engine = openReadOnly(place);
  try {
    const sizes = await blobSizes(join(dataDir, 'blobs'));
    return engine.snapshot(examine(sizes));
  } catch (cause) {
    // When SQLite aborts a read, the file is damaged.
    if (isError(cause) || !isDamage(cause)) throw unusable(place, cause);
    return [`the database is damaged: ${(cause as Error).message}`];
  } finally {
    engine.close();
  }
}

const readSchemaVersion = selectOne(META, ['value'], `WHERE key = 'schema'`);

function* examine(sizes: BlobSizes): QueryPlan<string[]> {
  const rows = yield* all<Record<string, string>>(`PRAGMA quick_check(${DAMAGED_PAGES_MAX})`);
  const damage = rows.flatMap((row) => Object.values(row)).filter((text) => text !== 'ok');
  if (damage.length > 0) return damage.map((text) => `the database is damaged: ${text}`);
  const table = yield* get(`SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = 'meta'`);
  if (table === undefined)
    return ['the database has no tables of a scheduler: it belongs to another program, or is empty'];
  const schema = yield* readSchemaVersion();
  if (schema?.value !== String(SCHEMA_VERSION)) {
    return [
      `the data folder has schema ${schema?.value ?? 'none'}, and this version checks schema ${SCHEMA_VERSION}: ` +
        `its pages are intact, and nothing else was checked; a scheduler of this version migrates an older one`,
    ];
  }
  return [...(yield* checkStore()), ...(yield* checkBlobs(sizes))];
}

/**
 * A read-only connection. Next to a running scheduler, or after one that was killed, it also reads the write-ahead log;
 * without a log the file is opened as immutable, so that SQLite creates no files.
 */
function openReadOnly(place: string): SqliteEngine {
  if (!existsSync(place)) {
    throw new ManyhandsError('STORE_UNUSABLE', `there is no scheduler's data in ${place}`, { place });
  }
  if (statSync(place).size === 0) {
    throw new ManyhandsError('STORE_UNUSABLE', `${place} is empty: no scheduler has written to it`, {
      place,
    });
  }
  try {
    const name = existsSync(`${place}-wal`) ? place : `file:${pathToFileURL(place).pathname}?immutable=1`;
    const db = new Database(name, { readonly: true });
    db.exec('PRAGMA busy_timeout = 5000');
    return new SqliteEngine(db, undefined, { readOnly: true });
  } catch (cause) {
    throw unusable(place, cause);
  }
}

const isDamage = (cause: unknown): boolean =>
  cause instanceof Error && /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(String((cause as { code?: unknown }).code));

async function blobSizes(folder: string): Promise<BlobSizes> {
  const sizes = new Map<string, number>();
  if (!existsSync(folder)) return sizes;
  for (const name of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(name)) continue;
    for (const digest of await readdir(join(folder, name))) {
      sizes.set(digest, (await stat(join(folder, name, digest))).size);
    }
  }
  return sizes;
}
