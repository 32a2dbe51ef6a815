/**
 * A check of a received value together with the description of what it accepts. From checks come the types of messages
 * (`Infer`, `MapOf`), the JSON Schema, the tables of docs/protocol.md and the messages of the fuzz tests.
 * @module
 */

/** What a check accepts, as data. Lengths of text count UTF-16 units, lengths of bytes bytes. */
export type Shape =
  | { readonly kind: 'text'; readonly min: number; readonly max: number; readonly isTruncated?: true }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'boolean' }
  /** Safe integers only. */
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  /** Finite numbers only; a bound that is infinite is none. */
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'units'; readonly max: bigint }
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'array'; readonly items: Schema; readonly max: number }
  | { readonly kind: 'map'; readonly fields: Readonly<Record<string, Schema>> }
  /** One of several maps, chosen by the text in the field `tag`. */
  | { readonly kind: 'variants'; readonly tag: string; readonly variants: Readonly<Record<string, Schema>> }
  /** A map of any plain values. */
  | { readonly kind: 'open map' }
  /** Whatever can be posted or sent: another check looks at it later. */
  | { readonly kind: 'anything' };

/** A condition on a whole value, such as one between its fields. */
export interface Rule {
  /** What is expected, in words that continue "should be". */
  readonly expected: string;
  holds(value: unknown): boolean;
}

export type Schema = Shape & {
  /** The name under which docs/protocol.md and the JSON Schema describe it once. */
  readonly name?: string;
  readonly rule?: Rule;
  /** As a field of a map: it may be absent. */
  readonly isOptional?: true;
};

/** Returns the value as `T`, or throws `Mismatch`. */
export interface Check<T> {
  (value: unknown): T;
  readonly schema: Schema;
}

/** The check of a field that may be absent; made by `optional`. */
export interface OptionalCheck<T> extends Check<T | undefined> {
  readonly schema: Schema & { readonly isOptional: true };
}

/** The checks of a map's fields, by name. */
export type Fields = Readonly<Record<string, Check<unknown>>>;

/** The type of what a check returns. */
export type Infer<C> = C extends Check<infer T> ? T : never;

/** Written out, so that editors show plain fields. */
type Flat<T> = { [K in keyof T]: T[K] };

/** The type of a map with these fields; it keeps their comments. */
export type MapOf<F extends Fields> = [keyof F] extends [never]
  ? Record<string, never>
  : Flat<
      { [K in keyof F as F[K] extends OptionalCheck<unknown> ? never : K]: Infer<F[K]> } & {
        [K in keyof F as F[K] extends OptionalCheck<unknown> ? K : never]?: F[K] extends OptionalCheck<
          infer T
        >
          ? T
          : never;
      }
    >;

/** What was expected, and where; `codec.ts` turns it into a coded error. */
export class Mismatch extends Error {
  readonly expected: string;
  readonly keys: (string | number)[] = [];

  constructor(expected: string) {
    super(expected);
    this.expected = expected;
  }

  /** Such as `rows[3].status.total`. */
  get path(): string {
    let path = '';
    for (const key of this.keys) path += typeof key === 'number' ? `[${key}]` : path === '' ? key : `.${key}`;
    return path;
  }
}

/** What a check of the field or item `key` threw, with the key in its path. */
export function mismatchIn(error: unknown, key: string | number): unknown {
  if (error instanceof Mismatch) error.keys.unshift(key);
  return error;
}

/** The function as a check that accepts `schema`. */
export function described<T>(check: (value: unknown) => T, schema: Schema): Check<T> {
  return Object.assign(check, { schema });
}

/** Names a check that was made for this call: the name is set on the check itself. */
export function named<T>(name: string, check: Check<T>): Check<T> {
  return described(check, { ...check.schema, name });
}

/** The checked value, or what is wrong, such as `rows[3].seq should be an integer from 0 to 9`. Throws nothing itself. */
export function tryCheck<T>(check: Check<T>, value: unknown): { ok: T } | { problem: string } {
  try {
    return { ok: check(value) };
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return { problem: `${error.path === '' ? 'it' : error.path} should be ${error.expected}` };
  }
}
