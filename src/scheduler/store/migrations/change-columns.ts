/**
 * Adds, drops and finds columns in migrations; adding and dropping are idempotent.
 * @module
 */
import { get, run, type QueryPlan } from '../rows/query-plan.js';
import type { SchemaDialect } from '../schema/dialect.js';
import { columnDefinition, TABLES } from '../schema/schema.js';
import { columnOf, fieldsOf } from '../schema/table.js';

/** Adds all columns that the tables of an earlier schema lack; each gets its default. */
export function* addMissingColumns(dialect: SchemaDialect): QueryPlan<void> {
  for (const table of TABLES) {
    for (const field of fieldsOf(table)) {
      const column = columnOf(table, field);
      if (yield* hasColumn(dialect, table.name, column.name)) continue;
      yield* run(`ALTER TABLE ${table.name} ADD COLUMN ${columnDefinition(column, dialect)}`);
    }
  }
}

/** Drops a column if it exists. */
export function* dropColumn(dialect: SchemaDialect, table: string, column: string): QueryPlan<void> {
  if (yield* hasColumn(dialect, table, column)) yield* run(`ALTER TABLE ${table} DROP COLUMN ${column}`);
}

/** Whether the table has the column. */
export function* hasColumn(dialect: SchemaDialect, table: string, column: string): QueryPlan<boolean> {
  return (yield* get(dialect.hasColumn(table, column))) !== undefined;
}
