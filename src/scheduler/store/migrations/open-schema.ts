/**
 * Creates or migrates the tables of a store, in the transaction in which an engine opens it.
 * @module
 */
import { toHex } from '../../../lib/crypto/ids.js';
import type { Random } from '../../../lib/crypto/random.js';
import { ManyhandsError } from '../../../lib/errors.js';
import { run, type QueryPlan } from '../rows/query-plan.js';
import { insertIfAbsent, selectOne } from '../rows/table-plans.js';
import { createIndex, createTable, META, SCHEMA_VERSION, TABLES } from '../schema/schema.js';
import { migrate } from './migrate.js';
import type { MigrationContext } from './migration-context.js';

/**
 * @returns the scheduler's id, generated for a new store
 * @throws STORE_UNUSABLE for a store of an unknown version
 */
export function* openSchema(ctx: MigrationContext, random: Random): QueryPlan<string> {
  for (const table of TABLES) yield* run(createTable(table, ctx.dialect));
  const version = yield* migrate(yield* readMeta('schema', String(SCHEMA_VERSION)), ctx);
  if (version !== String(SCHEMA_VERSION)) {
    throw new ManyhandsError(
      'STORE_UNUSABLE',
      `the data folder was written by another version (schema ${version}, this one is ${SCHEMA_VERSION})`,
      { found: version, expected: SCHEMA_VERSION },
    );
  }
  // Indexes can be on columns that a store of an earlier schema has only now.
  for (const table of TABLES) for (const index of table.indexes) yield* run(createIndex(table, index));
  return yield* readMeta('schedulerId', toHex(random.bytes(32)));
}

const insertMeta = insertIfAbsent(META);
const findMeta = selectOne(META, ['value'], 'WHERE key = ?');

/** The value of a key, stored as `initial` if there is none. */
function* readMeta(key: string, initial: string): QueryPlan<string> {
  yield* insertMeta({ key, value: initial });
  return (yield* findMeta(key))!.value;
}
