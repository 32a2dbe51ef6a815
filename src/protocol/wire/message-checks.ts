/**
 * Checks that compose into the shape of a message: each takes an unknown value and returns it typed, or throws a
 * `Mismatch` with the path of the field. Objects are copied from their known fields only, so that neither an unknown field
 * nor a prototype is kept.
 * @module
 */
import { ADDRESS_PATTERN } from '../../lib/address.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import { ID_PATTERN } from '../../lib/crypto/ids.js';
import { boundedInfo } from './error-info.js';
import { UNITS_MAX } from '../limits.js';

/** Returns the value as `T`, or throws `Mismatch`. */
export type Check<T> = (value: unknown) => T;

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

/** Marks the checks that `optional` made; exported because the types of shared fields name it. */
export const OPTIONAL = Symbol('optional');
export type OptionalCheck<T> = Check<T | undefined> & { [OPTIONAL]: true };

/** A field that may be absent; nil counts as absent. */
export function optional<T>(check: Check<T>): OptionalCheck<T> {
  const wrapped: Check<T | undefined> = (value) =>
    value === undefined || value === null ? undefined : check(value);
  return Object.assign(wrapped, { [OPTIONAL]: true as const });
}

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
/** A check for every field; optional fields must have one made by `optional`. */
export type Shape<T> = { [K in Exclude<keyof T, OptionalKeys<T>>]-?: Check<T[K]> } & {
  [K in OptionalKeys<T>]-?: OptionalCheck<Exclude<T[K], undefined>>;
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** A map with these fields; other fields are dropped. */
export function object<T extends object>(shape: Shape<T>): Check<T> {
  const fields = Object.entries<Check<unknown>>(shape);
  return (value) => {
    if (!isRecord(value)) throw new Mismatch('a map');
    const made: Record<string, unknown> = {};
    for (const [key, check] of fields) {
      try {
        const found = check(Object.hasOwn(value, key) ? value[key] : undefined);
        if (found !== undefined) made[key] = found;
      } catch (error) {
        if (error instanceof Mismatch) error.keys.unshift(key);
        throw error;
      }
    }
    return made as T;
  };
}

export function array<T>(check: Check<T>, max: number): Check<T[]> {
  return (value) => {
    if (!Array.isArray(value) || value.length > max) throw new Mismatch(`an array of at most ${max}`);
    return value.map((item, i) => {
      try {
        return check(item);
      } catch (error) {
        if (error instanceof Mismatch) error.keys.unshift(i);
        throw error;
      }
    });
  };
}

/** Text of at most `max` UTF-16 units. */
export function text(max: number, min = 0): Check<string> {
  return (value) => {
    if (typeof value === 'string' && value.length <= max && value.length >= min) return value;
    throw new Mismatch(min > 0 ? `text of ${min} to ${max} units` : `text of at most ${max} units`);
  };
}

export function pattern(regexp: RegExp, expected: string): Check<string> {
  return (value) => {
    if (typeof value === 'string' && regexp.test(value)) return value;
    throw new Mismatch(expected);
  };
}

/** An integer that is exact as a double, in any MessagePack integer format. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Check<number> {
  return (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max)
      return number as number;
    throw new Mismatch(`an integer from ${min} to ${max}`);
  };
}

/** A finite number; −0 becomes 0. */
export const finite: Check<number> = (value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  throw new Mismatch('a finite number');
};

export function atLeast(min: number): Check<number> {
  return (value) => {
    if (typeof value === 'number' && Number.isFinite(value) && value >= min) return value + 0;
    throw new Mismatch(`a finite number, at least ${min}`);
  };
}

/** Credits in units, as bigint, in any MessagePack integer format. */
export const units: Check<bigint> = (value) => {
  const amount = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof amount === 'bigint' && amount >= 0n && amount <= UNITS_MAX) return amount;
  throw new Mismatch('an amount of units, an integer from 0 to 2^63 - 1');
};

export const boolean: Check<boolean> = (value) => {
  if (typeof value === 'boolean') return value;
  throw new Mismatch('a boolean');
};

export function oneOf<const T extends readonly string[]>(...values: T): Check<T[number]> {
  const set = new Set<unknown>(values);
  return (value) => {
    if (set.has(value)) return value as T[number];
    throw new Mismatch(`one of ${values.join(', ')}`);
  };
}

/** A view is copied where its buffer is more than so many times larger, since the view would keep the buffer in memory. */
const PINNED_RATIO_MAX = 8;

/**
 * Binary of `min` to `max` bytes. The result is a view of the received message, or a copy where that would keep a buffer in
 * memory that is more than eight times larger; callers may keep it without copying it.
 */
export function bytes(max: number, min = 0): Check<Uint8Array> {
  return (value) => {
    if (!(value instanceof Uint8Array) || value.length > max || value.length < min) {
      throw new Mismatch(`binary of ${min} to ${max} bytes`);
    }
    return value.length * PINNED_RATIO_MAX < value.buffer.byteLength
      ? Uint8Array.prototype.slice.call(value)
      : value;
  };
}

/** `check`, and a condition on the checked value. */
export function refine<T>(check: Check<T>, holds: (value: T) => boolean, expected: string): Check<T> {
  return (value) => {
    const found = check(value);
    if (!holds(found)) throw new Mismatch(expected);
    return found;
  };
}

/** One of several maps, chosen by the text in the field `tag`. */
export function tagged<T extends object>(tag: string, checks: Record<string, Check<T>>): Check<T> {
  const names = Object.keys(checks).join(', ');
  return (value) => {
    const kind = isRecord(value) && Object.hasOwn(value, tag) ? value[tag] : undefined;
    if (typeof kind === 'string' && Object.hasOwn(checks, kind)) return checks[kind]!(value);
    throw new Mismatch(`a map whose ${tag} is one of ${names}`);
  };
}

/** Any map; only its plain values within limits are kept. */
export const info: Check<Record<string, unknown>> = (value) => {
  if (!isRecord(value)) throw new Mismatch('a map');
  return boundedInfo(value);
};

export const id = pattern(ID_PATTERN, 'an id: 22 characters of base64url');
export const digest = pattern(DIGEST_PATTERN, '64 lower-case hexadecimal digits');
export const address = pattern(ADDRESS_PATTERN, 'an address: 0x and 40 lower-case hexadecimal digits');
export const signature = pattern(
  /^0x[0-9a-f]{130}$/,
  'a signature: 0x and 130 lower-case hexadecimal digits',
);
