/**
 * The description of a table: its columns by the field of a record that each holds. The statements that create the table,
 * the lists of columns in queries and the types of records all come from it.
 * @module
 */
import type { Column, SerialColumn } from './column.js';

/** Columns by the name of their field in a record. */
export type Columns = Readonly<Record<string, Column<unknown>>>;

export interface Index<F extends string = string> {
  readonly name: string;
  readonly fields: readonly F[];
  readonly isUnique?: boolean;
  /** An SQL condition: only the rows that satisfy it are in the index. */
  readonly where?: string;
}

export interface Table {
  readonly name: string;
  readonly columns: Columns;
  /** Fields of the primary key; empty when the table has none. */
  readonly primaryKey: readonly string[];
  /** Whether an engine that can do so stores the rows in the order of the primary key. */
  readonly isClustered: boolean;
  readonly indexes: readonly Index[];
}

/** A table with exactly those columns. */
export interface TableOf<C extends Columns> extends Table {
  readonly columns: C;
}

/** The names of a table's fields. */
export type FieldOf<T extends Table> = keyof T['columns'] & string;

/** A record of the table. */
export type RecordOf<T extends Table> = {
  -readonly [F in keyof T['columns']]: T['columns'][F] extends Column<infer V> ? V : never;
};

/** A record of the table without the field that the database fills. */
export type NewRecordOf<T extends Table> = {
  [
    F in keyof T['columns'] as T['columns'][F] extends SerialColumn ? never : F
  ]: T['columns'][F] extends Column<infer V> ? V : never;
};

interface TableOptions<F extends string> {
  /** @default none */
  primaryKey?: readonly F[];
  /** @default false */
  isClustered?: boolean;
  /** @default none */
  indexes?: readonly Index<F>[];
}

/** Describes a table. */
export function table<C extends Columns>(
  name: string,
  columns: C,
  options: TableOptions<keyof C & string> = {},
): TableOf<C> {
  return { name, columns, primaryKey: [], isClustered: false, indexes: [], ...options };
}

/** The column of a field. */
export function columnOf(table: Table, field: string): Column<unknown> {
  return table.columns[field]!;
}

/** The fields of a table, in the order of its columns. */
export const fieldsOf = <F extends string>(described: {
  readonly columns: Readonly<Record<F, Column<unknown>>>;
}): F[] => Object.keys(described.columns) as F[];
