/**
 * Columns that a migration adds and takes away.
 * @module
 */
import { get, run, type Script } from './rows/query-plan.js';

/** Adds a column where it is missing. */
export function* addColumn(table: string, column: string, definition: string): Script<void> {
  if (!(yield* hasColumn(table, column)))
    yield* run(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`);
}

/** Takes a column away where it is there. */
export function* dropColumn(table: string, column: string): Script<void> {
  if (yield* hasColumn(table, column)) yield* run(`ALTER TABLE ${table} DROP COLUMN ${column}`);
}

function* hasColumn(table: string, column: string): Script<boolean> {
  const sql = `SELECT 1 AS one FROM pragma_table_info('${table}') WHERE name = '${column}'`;
  return (yield* get(sql)) !== undefined;
}
