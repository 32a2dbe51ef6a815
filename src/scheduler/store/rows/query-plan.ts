/**
 * A query plan: a generator that yields SQL statements and receives their rows. The same plan can run synchronously in
 * SQLite (nothing can interleave with a transaction) and asynchronously on a database with concurrent transactions.
 * @module
 */
import type { SqlValue } from '../schema/column.js';
import type { RowLock } from './row-lock.js';

export interface Statement {
  /** With `?` placeholders. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** What the statement returns: all rows, the first row if there is one, or nothing (it writes). */
  readonly returns: 'rows' | 'row' | 'nothing';
  /** Whether integers are returned as bigint, for columns that hold units. */
  readonly exact: boolean;
  /** The row that the statement reads for an update; absent: it locks no row but those that it writes. */
  readonly lock: RowLock | undefined;
}

export type Row = Record<string, SqlValue>;
export type QueryPlan<R> = Generator<Statement, R, Row[]>;

/** All rows of a query that no table's description has, such as an aggregate. */
export function* all<T extends object = Row>(sql: string, ...params: SqlValue[]): QueryPlan<T[]> {
  return (yield { sql, params, returns: 'rows', exact: false, lock: undefined }) as unknown as T[];
}

/** The first row, if there is one. */
export function* get<T extends object = Row>(sql: string, ...params: SqlValue[]): QueryPlan<T | undefined> {
  return (yield { sql, params, returns: 'row', exact: false, lock: undefined })[0] as T | undefined;
}

/** All rows with their integers as bigint. */
export function* allExact<T extends object = Row>(sql: string, ...params: SqlValue[]): QueryPlan<T[]> {
  return (yield { sql, params, returns: 'rows', exact: true, lock: undefined }) as unknown as T[];
}

/** The first row with its integers as bigint. */
export function* getExact<T extends object = Row>(
  sql: string,
  ...params: SqlValue[]
): QueryPlan<T | undefined> {
  return (yield { sql, params, returns: 'row', exact: true, lock: undefined })[0] as T | undefined;
}

/** Executes a statement that returns no rows. */
export function* run(sql: string, ...params: SqlValue[]): QueryPlan<void> {
  yield { sql, params, returns: 'nothing', exact: false, lock: undefined };
}
