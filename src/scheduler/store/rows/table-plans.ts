/**
 * Query plans on a table by its description: each function builds the text of one statement, and returns the plan that
 * executes it. They are called when a module is loaded, so that no SQL text is built while commands run.
 * @module
 */
import type { SqlValue } from '../schema/column.js';
import {
  columnOf,
  fieldsOf,
  type FieldOf,
  type NewRecordOf,
  type RecordOf,
  type Table,
} from '../schema/table.js';
import type { QueryPlan, Row, Statement } from './query-plan.js';
import type { RowLock } from './row-lock.js';

/** A plan whose arguments are the values of the statement's placeholders. */
type Plan<R> = (...params: SqlValue[]) => QueryPlan<R>;
type Part<T extends Table, F extends FieldOf<T>> = Pick<RecordOf<T>, F>;

/** The first row that `rest` selects, or undefined. `rest` is what follows the table in SQL: `WHERE`, `ORDER BY`, `LIMIT`. */
export function selectOne<T extends Table, F extends FieldOf<T> = FieldOf<T>>(
  table: T,
  fields: readonly F[] | 'all',
  rest: string,
  lock?: RowLock,
): Plan<Part<T, F> | undefined> {
  const { sql, exact, decode } = selection<T, F>(table, fields, rest);
  return function* (...params) {
    const [row] = yield { sql, params, returns: 'row', exact, lock };
    return row === undefined ? undefined : decode(row);
  };
}

/** All rows that `rest` selects. */
export function selectMany<T extends Table, F extends FieldOf<T> = FieldOf<T>>(
  table: T,
  fields: readonly F[] | 'all',
  rest: string,
): Plan<Part<T, F>[]> {
  const { sql, exact, decode } = selection<T, F>(table, fields, rest);
  return function* (...params) {
    return (yield { sql, params, returns: 'rows', exact, lock: undefined }).map((row) => decode(row));
  };
}

/** Like `selectMany`, for a caller that may not need all rows: a record is decoded when it is visited. */
export function selectLazily<T extends Table, F extends FieldOf<T>>(
  table: T,
  fields: readonly F[],
  rest: string,
): Plan<{ count: number; records: Iterable<Part<T, F>> }> {
  const { sql, exact, decode } = selection<T, F>(table, fields, rest);
  return function* (...params) {
    const rows = yield { sql, params, returns: 'rows', exact, lock: undefined };
    const records = (function* () {
      for (const row of rows) yield decode(row);
    })();
    return { count: rows.length, records };
  };
}

/** Inserts a row. */
export function insertInto<T extends Table>(table: T): (record: NewRecordOf<T>) => QueryPlan<void> {
  return insert(table, '');
}

/** Inserts a row; where there is one with the same primary key, updates `fields` of that one instead. */
export function upsertInto<T extends Table>(
  table: T,
  fields: readonly FieldOf<T>[],
): (record: NewRecordOf<T>) => QueryPlan<void> {
  const changes = names(table, fields).map((name) => `${name} = excluded.${name}`);
  return insert(table, ` ON CONFLICT (${keyOf(table)}) DO UPDATE SET ${changes.join(', ')}`);
}

/** Inserts a row unless there is one with the same primary key. */
export function insertIfAbsent<T extends Table>(table: T): (record: NewRecordOf<T>) => QueryPlan<void> {
  return insert(table, ` ON CONFLICT (${keyOf(table)}) DO NOTHING`);
}

/** Updates `fields` of the rows that satisfy `condition`, whose placeholders are the further arguments of the plan. */
export function updateOf<T extends Table, F extends FieldOf<T>>(
  table: T,
  fields: readonly F[],
  condition: string,
): (values: Part<T, F>, ...params: SqlValue[]) => QueryPlan<void> {
  const changes = names(table, fields).map((name) => `${name} = ?`);
  const sql = `UPDATE ${table.name} SET ${changes.join(', ')} WHERE ${condition}`;
  const encode = encoderOf(table, fields);
  return function* (values, ...params) {
    yield write(sql, [...encode(values), ...params]);
  };
}

/** Deletes the rows that satisfy `condition`. */
export function deleteFrom(table: Table, condition: string): Plan<void> {
  const sql = `DELETE FROM ${table.name} WHERE ${condition}`;
  return function* (...params) {
    yield write(sql, params);
  };
}

/** Whether a row satisfies `condition`. */
export function existsIn(table: Table, condition: string): Plan<boolean> {
  const sql = `SELECT 1 AS one FROM ${table.name} WHERE ${condition} LIMIT 1`;
  return function* (...params) {
    return (yield { sql, params, returns: 'row', exact: false, lock: undefined }).length > 0;
  };
}

/** How many rows satisfy `condition`. */
export function countIn(table: Table, condition: string): Plan<number> {
  const sql = `SELECT COUNT(*) AS found FROM ${table.name} WHERE ${condition}`;
  return function* (...params) {
    const [row] = yield { sql, params, returns: 'row', exact: false, lock: undefined };
    return row!['found'] as number;
  };
}

interface Selection<R> {
  readonly sql: string;
  /** Whether integers are returned as bigint: a column that holds units is selected. */
  readonly exact: boolean;
  /** Turns a row of the database into a record, in place. */
  readonly decode: (row: Row) => R;
}

/** The query for those fields: its rows have the names of the fields, so only fields with a codec need decoding. */
function selection<T extends Table, F extends FieldOf<T>>(
  table: T,
  wanted: readonly F[] | 'all',
  rest: string,
): Selection<Part<T, F>> {
  const fields: readonly string[] = wanted === 'all' ? fieldsOf(table) : wanted;
  const list = fields.map((field) => {
    const { name } = columnOf(table, field);
    return name === field ? name : `${name} AS "${field}"`;
  });
  const exact = fields.some((field) => columnOf(table, field).type === 'units');
  const decoders = fields.flatMap((field) => {
    const decode = decoderOf(table, field, exact);
    return decode === undefined ? [] : [{ field, decode }];
  });
  return {
    sql: `SELECT ${list.join(', ')} FROM ${table.name} ${rest}`,
    exact,
    decode(row) {
      const record = row as Record<string, unknown>;
      for (const { field, decode } of decoders) record[field] = decode(row[field]!);
      return record as Part<T, F>;
    },
  };
}

/** Turns a stored value into the field's value; undefined where they are the same. */
function decoderOf(table: Table, field: string, exact: boolean): ((stored: SqlValue) => unknown) | undefined {
  const { codec, type } = columnOf(table, field);
  const isInteger = exact && (type === 'integer' || type === 'serial');
  // Queries with units return every integer as a bigint.
  const toNumber = (stored: SqlValue): SqlValue => (typeof stored === 'bigint' ? Number(stored) : stored);
  if (codec === undefined) return isInteger ? toNumber : undefined;
  return isInteger ? (stored) => codec.decode(toNumber(stored)) : (stored) => codec.decode(stored);
}

function insert<T extends Table>(table: T, suffix: string): (record: NewRecordOf<T>) => QueryPlan<void> {
  const fields = fieldsOf(table).filter((field) => columnOf(table, field).type !== 'serial');
  const placeholders = fields.map(() => '?').join(', ');
  const sql = `INSERT INTO ${table.name} (${names(table, fields).join(', ')}) VALUES (${placeholders})${suffix}`;
  const encode = encoderOf(table, fields);
  return function* (record) {
    yield write(sql, encode(record));
  };
}

/** Returns the stored values of those fields of a record, in their order. */
function encoderOf(table: Table, fields: readonly string[]): (record: object) => SqlValue[] {
  const columns = fields.map((field) => ({ field, codec: columnOf(table, field).codec }));
  return (record) =>
    columns.map(({ field, codec }) => {
      const value = (record as Record<string, unknown>)[field];
      return codec === undefined ? (value as SqlValue) : codec.encode(value);
    });
}

const write = (sql: string, params: SqlValue[]): Statement => ({
  sql,
  params,
  returns: 'nothing',
  exact: false,
  lock: undefined,
});

const names = (table: Table, fields: readonly string[]): string[] =>
  fields.map((field) => columnOf(table, field).name);

const keyOf = (table: Table): string => names(table, table.primaryKey).join(', ');
