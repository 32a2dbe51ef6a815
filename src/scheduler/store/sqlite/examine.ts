/**
 * Looks at the data folder of a scheduler that may be running, and writes nothing into it: pages, invariants, blobs.
 * @module
 */
import { existsSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { isError, ManyhandsError } from '../../../lib/errors.js';
import { checkBlobs, type BlobSizes } from './check-blobs.js';
import { checkStore } from './check.js';
import { SCHEMA_VERSION } from '../schema/schema.js';
import { get, all, type Script } from '../rows/query-plan.js';
import { SqliteEngine } from './sqlite-engine.js';
import { DATABASE_FILE, unusable } from './sqlite.js';

/** Damaged pages that are told at most. */
const PAGES_TOLD_MAX = 20;

/**
 * What is wrong with a data folder, in sentences; empty when everything is in order.
 * @throws STORE_UNUSABLE where there is no database, or one that cannot be opened at all
 */
export async function examineDataDir(dataDir: string): Promise<string[]> {
  const place = join(dataDir, DATABASE_FILE);
  const engine = openReadOnly(place);
  try {
    const sizes = await blobSizes(join(dataDir, 'blobs'));
    return engine.snapshot(examine(sizes));
  } catch (cause) {
    // Where SQLite gives a reading up, the file is damaged.
    if (isError(cause) || !isDamage(cause)) throw unusable(place, cause);
    return [`the database is damaged: ${(cause as Error).message}`];
  } finally {
    engine.close();
  }
}

function* examine(sizes: BlobSizes): Script<string[]> {
  const rows = yield* all<Record<string, string>>(`PRAGMA quick_check(${PAGES_TOLD_MAX})`);
  const damage = rows.flatMap((row) => Object.values(row)).filter((text) => text !== 'ok');
  if (damage.length > 0) return damage.map((text) => `the database is damaged: ${text}`);
  const table = yield* get(`SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = 'meta'`);
  if (table === undefined)
    return ['the database has no tables of a scheduler: it is another program’s, or empty'];
  const schema = yield* get<{ value: string }>(`SELECT value FROM meta WHERE key = 'schema'`);
  if (schema?.value !== String(SCHEMA_VERSION)) {
    return [
      `the data folder has schema ${schema?.value ?? 'none'}, and this version checks schema ${SCHEMA_VERSION}: ` +
        `its pages are sound, and the rest was not looked at; a scheduler of this version brings an older one up to date`,
    ];
  }
  return [...(yield* checkStore()), ...(yield* checkBlobs(sizes))];
}

/**
 * A connection that cannot write. Beside a scheduler, or after one that was killed, it reads the write-ahead log with it;
 * where there is none the file is all there is, and SQLite makes no files of its own.
 */
function openReadOnly(place: string): SqliteEngine {
  if (!existsSync(place)) {
    throw new ManyhandsError('STORE_UNUSABLE', `there is no scheduler's data in ${place}`, { place });
  }
  if (statSync(place).size === 0) {
    throw new ManyhandsError('STORE_UNUSABLE', `${place} is empty: no scheduler has written it`, { place });
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
