/**
 * Adds, drops and finds columns in migrations; adding and dropping are idempotent.
 * @module
 */
import { get, run, type QueryPlan } from '../rows/query-plan.js';

/** Adds a column if it is missing. */
export function* addColumn(table: string, column: string, definition: string): QueryPlan<void> {
  if (!(yield* hasColumn(table, column)))
    yield* run(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`);
}

/** Drops a column if it exists. */
export function* dropColumn(table: string, column: string): QueryPlan<void> {
  if (yield* hasColumn(table, column)) yield* run(`ALTER TABLE ${table} DROP COLUMN ${column}`);
}

/** Whether the table has the column. */
export function* hasColumn(table: string, column: string): QueryPlan<boolean> {
  const sql = `SELECT 1 AS one FROM pragma_table_info('${table}') WHERE name = '${column}'`;
  return (yield* get(sql)) !== undefined;
}
