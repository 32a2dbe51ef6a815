/**
 * A query plan: a generator that yields SQL statements and receives their rows. The same plan can run synchronously in
 * SQLite (nothing can interleave with a transaction) and asynchronously on PostgreSQL.
 * @module
 */
export type SqlValue = string | number | bigint | Uint8Array | null;

export interface Statement {
  /** With `?` placeholders. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** What the statement returns: all rows, the first row if there is one, or nothing. */
  readonly returns: 'rows' | 'row' | 'nothing';
  /** Whether integers are returned as bigint, for columns that hold units. */
  readonly exact: boolean;
}

export type Row = Record<string, SqlValue>;
export type QueryPlan<R> = Generator<Statement, R, Row[]>;

/** All rows. */
export function* all<T extends object = Row>(sql: string, ...params: SqlValue[]): QueryPlan<T[]> {
  return (yield { sql, params, returns: 'rows', exact: false }) as unknown as T[];
}

/** The first row, if there is one. */
export function* get<T extends object = Row>(sql: string, ...params: SqlValue[]): QueryPlan<T | undefined> {
  return (yield { sql, params, returns: 'row', exact: false })[0] as T | undefined;
}

/** All rows with their integers as bigint. */
export function* allExact<T extends object = Row>(sql: string, ...params: SqlValue[]): QueryPlan<T[]> {
  return (yield { sql, params, returns: 'rows', exact: true }) as unknown as T[];
}

/** The first row with its integers as bigint. */
export function* getExact<T extends object = Row>(
  sql: string,
  ...params: SqlValue[]
): QueryPlan<T | undefined> {
  return (yield { sql, params, returns: 'row', exact: true })[0] as T | undefined;
}

/** Executes a statement that returns no rows. */
export function* run(sql: string, ...params: SqlValue[]): QueryPlan<void> {
  yield { sql, params, returns: 'nothing', exact: false };
}
