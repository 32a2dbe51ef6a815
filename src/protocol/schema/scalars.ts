/**
 * Checks of single values: text, numbers, booleans, bytes.
 * @module
 */
import { UNITS_MAX } from '../limits.js';
import { described, Mismatch, type Check } from './check.js';

/** Text of `min` to `max` UTF-16 units. */
export function text(max: number, min = 0): Check<string> {
  return described(
    (value) => {
      if (typeof value === 'string' && value.length <= max && value.length >= min) return value;
      throw new Mismatch(min > 0 ? `text of ${min} to ${max} units` : `text of at most ${max} units`);
    },
    { kind: 'text', min, max },
  );
}

/** Text of which the first `max` UTF-16 units are kept. */
export function truncatedText(max: number): Check<string> {
  return described(
    (value) => {
      if (typeof value === 'string') return value.slice(0, max);
      throw new Mismatch('text');
    },
    { kind: 'text', min: 0, max, isTruncated: true },
  );
}

export function pattern(regexp: RegExp, expected: string): Check<string> {
  return described(
    (value) => {
      if (typeof value === 'string' && regexp.test(value)) return value;
      throw new Mismatch(expected);
    },
    { kind: 'pattern', pattern: regexp },
  );
}

export function oneOf<const T extends readonly string[]>(...values: T): Check<T[number]> {
  const set = new Set<unknown>(values);
  return described(
    (value) => {
      if (set.has(value)) return value as T[number];
      throw new Mismatch(`one of ${values.join(', ')}`);
    },
    { kind: 'choice', values },
  );
}

export const boolean: Check<boolean> = described(
  (value) => {
    if (typeof value === 'boolean') return value;
    throw new Mismatch('a boolean');
  },
  { kind: 'boolean' },
);

/** An integer that is exact as a double, in any MessagePack integer format. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Check<number> {
  return described(
    (value) => {
      const number = typeof value === 'bigint' ? Number(value) : value;
      if (Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max)
        return number as number;
      throw new Mismatch(`an integer from ${min} to ${max}`);
    },
    { kind: 'integer', min, max },
  );
}

/** A finite number from `min` to `max`; −0 becomes 0. */
export function number(min = -Infinity, max = Infinity): Check<number> {
  const bounds = [
    ...(min === -Infinity ? [] : [`at least ${min}`]),
    ...(max === Infinity ? [] : [`at most ${max}`]),
  ];
  const expected = ['a finite number', ...bounds].join(', ');
  return described(
    (value) => {
      if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max)
        return value + 0;
      throw new Mismatch(expected);
    },
    { kind: 'number', min, max },
  );
}

/** Credits: 10^9 units are one credit. In any MessagePack integer format. */
export const units: Check<bigint> = described(
  (value) => {
    const amount = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof amount === 'bigint' && amount >= 0n && amount <= UNITS_MAX) return amount;
    throw new Mismatch('an amount of units, an integer from 0 to 2^63 - 1');
  },
  { kind: 'units', name: 'units', max: UNITS_MAX },
);

/** A view is copied where its buffer is more than so many times larger, since the view would keep the buffer in memory. */
const PINNED_RATIO_MAX = 8;

/**
 * Binary of `min` to `max` bytes. The result is a view of the received message, or a copy where that would keep a buffer in
 * memory that is more than eight times larger; callers may keep it without copying it.
 */
export function bytes(max: number, min = 0): Check<Uint8Array> {
  return described(
    (value) => {
      if (!(value instanceof Uint8Array) || value.length > max || value.length < min) {
        throw new Mismatch(`binary of ${min} to ${max} bytes`);
      }
      return value.length * PINNED_RATIO_MAX < value.buffer.byteLength
        ? Uint8Array.prototype.slice.call(value)
        : value;
    },
    { kind: 'bytes', min, max },
  );
}

/** Any value, unchecked: for what the receiver checks later. */
export const anything: Check<unknown> = described((value) => value, { kind: 'anything' });
