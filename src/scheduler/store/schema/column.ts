/**
 * Columns of tables without the dialect of a database: each has a type that an engine maps to its own, and a codec
 * between the stored value and the field of a record.
 * @module
 */

export type SqlValue = string | number | bigint | Uint8Array | null;

/**
 * `units`: a 64-bit integer that is read as a bigint. `serial`: an integer that the database assigns to each new row,
 * larger than those of all existing rows.
 */
export type ColumnType = 'text' | 'integer' | 'units' | 'real' | 'bytes' | 'serial';

/** Converts between the field of a record and the stored value. */
export interface Codec<V> {
  encode(value: V): SqlValue;
  decode(stored: SqlValue): V;
}

/** A column whose field in a record has the type `V`. */
export interface Column<V> {
  /** In the database. */
  readonly name: string;
  readonly type: ColumnType;
  readonly isNullable: boolean;
  /** As an SQL literal: the value in rows that were written before the column existed. */
  readonly default?: string;
  /** An SQL condition that the database enforces. */
  readonly check?: string;
  /** Absent: the field is stored as it is. */
  readonly codec?: Codec<V>;
}

type Options = Pick<Column<unknown>, 'default' | 'check'>;

const column = <V>(name: string, type: ColumnType, options: Partial<Column<V>> = {}): Column<V> => ({
  name,
  type,
  isNullable: false,
  ...options,
});

/** Text, of which `V` may name the possible values. */
export const textColumn = <V extends string = string>(name: string, options?: Options): Column<V> =>
  column<V>(name, 'text', options);

/** An integer up to 2^53. */
export const integerColumn = (name: string, options?: Options): Column<number> =>
  column<number>(name, 'integer', options);

/** Units that are computed with in SQL. */
export const unitsColumn = (name: string, options?: Options): Column<bigint> =>
  column<bigint>(name, 'units', options);

export const realColumn = (name: string): Column<number> => column<number>(name, 'real');

export const bytesColumn = (name: string): Column<Uint8Array> => column<Uint8Array>(name, 'bytes');

/** A column that the database fills; it is the table's primary key. */
export type SerialColumn = Column<number> & { readonly type: 'serial' };

export const serialColumn = (name: string): SerialColumn => ({ name, type: 'serial', isNullable: false });

/** A boolean, stored as 0 or 1. */
export const flagColumn = (name: string, options?: Options): Column<boolean> =>
  column<boolean>(name, 'integer', {
    ...options,
    codec: { encode: (value) => (value ? 1 : 0), decode: (stored) => stored === 1 },
  });

/** Units that are not computed with in SQL, stored as decimal text, so they can exceed 64 bits. */
export const decimalColumn = (name: string): Column<bigint> =>
  column<bigint>(name, 'text', { codec: { encode: String, decode: (stored) => BigInt(stored as string) } });

/** A value stored as JSON text. */
export const jsonColumn = <V>(name: string, options?: Options): Column<V> =>
  column<V>(name, 'text', {
    ...options,
    codec: {
      encode: (value) => JSON.stringify(value),
      decode: (stored) => JSON.parse(stored as string) as V,
    },
  });

/** A value with a codec of its own. */
export const codedColumn = <V>(name: string, type: 'text' | 'bytes', codec: Codec<V>): Column<V> =>
  column<V>(name, type, { codec });

/** The same column, in which a value can be absent. */
export function nullable<V>({ codec, ...rest }: Column<V>): Column<V | null> {
  if (codec === undefined) return { ...rest, isNullable: true };
  return {
    ...rest,
    isNullable: true,
    codec: {
      encode: (value) => (value === null ? null : codec.encode(value)),
      decode: (stored) => (stored === null ? null : codec.decode(stored)),
    },
  };
}
