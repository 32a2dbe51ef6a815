/**
 * How a command speaks to a database: a generator that yields statements and gets their rows. The same text runs
 * synchronously inside SQLite (nothing can interleave with a transaction) and asynchronously over PostgreSQL.
 * @module
 */
export type SqlValue = string | number | bigint | Uint8Array | null;

export interface Statement {
  /** With `?` placeholders. */
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** What is wanted back: all rows, the first one if there is one, or nothing. */
  readonly want: 'rows' | 'row' | 'nothing';
  /** Integers come back as bigint: for columns that hold units. */
  readonly exact: boolean;
}

export type Row = Record<string, SqlValue>;
export type Script<R> = Generator<Statement, R, Row[]>;

/** All rows. */
export function* all<T extends object = Row>(sql: string, ...params: SqlValue[]): Script<T[]> {
  return (yield { sql, params, want: 'rows', exact: false }) as unknown as T[];
}

/** The first row, if there is one. */
export function* get<T extends object = Row>(sql: string, ...params: SqlValue[]): Script<T | undefined> {
  return (yield { sql, params, want: 'row', exact: false })[0] as T | undefined;
}

/** All rows with their integers as bigint. */
export function* allExact<T extends object = Row>(sql: string, ...params: SqlValue[]): Script<T[]> {
  return (yield { sql, params, want: 'rows', exact: true }) as unknown as T[];
}

/** The first row with its integers as bigint. */
export function* getExact<T extends object = Row>(sql: string, ...params: SqlValue[]): Script<T | undefined> {
  return (yield { sql, params, want: 'row', exact: true })[0] as T | undefined;
}

/** A statement that gives nothing back. */
export function* run(sql: string, ...params: SqlValue[]): Script<void> {
  yield { sql, params, want: 'nothing', exact: false };
}
