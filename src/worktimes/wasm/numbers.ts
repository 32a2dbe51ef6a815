/**
 * Converts numbers of JavaScript to numbers of WebAssembly; a value that would change is refused, not rounded or wrapped.
 * @module
 */
import type { FunctionType, ValueType } from './module-reader.js';

const NUMBERS_MAX = 1_000;

/** Formats a function type for an error message. */
export function typeText({ params, results }: FunctionType): string {
  return `(${params.join(', ')}) → ${results.length === 0 ? 'nothing' : results.join(', ')}`;
}

/** The numbers of a datum: the number itself, or the elements of an array or typed array. @throws TypeError for other data */
export function numbersOf(datum: unknown): readonly unknown[] {
  if (typeof datum === 'number' || typeof datum === 'bigint') return [datum];
  if (Array.isArray(datum) || isNumbers(datum)) {
    if (datum.length <= NUMBERS_MAX) return Array.from(datum as ArrayLike<unknown>);
    throw new TypeError(`The datum is an array of ${datum.length} numbers; no function takes so many`);
  }
  const what = datum === null ? 'null' : typeof datum === 'object' ? 'an object' : `of type ${typeof datum}`;
  throw new TypeError(
    `The work function takes numbers, and the datum is ${what}. A module that takes texts, bytes or objects exports ` +
      '`alloc` beside its function, or is a command',
  );
}

/** Converts a value to `type`. @throws TypeError or RangeError with `where` in the message */
export function toWasm(value: unknown, type: ValueType, where: string): number | bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new TypeError(`${where} must be a number or a bigint for ${type}; it is ${typeof value}`);
  }
  if (type === 'f64' || type === 'f32') return toFloat(value, where, type);
  if (type === 'i32') {
    const number = Number(value);
    if (Number.isInteger(number) && number >= -(2 ** 31) && number < 2 ** 32) return number;
    throw outOfRange(value, where, type);
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw outOfRange(value, where, type);
  const integer = BigInt(value);
  if (integer < -(2n ** 63n) || integer >= 2n ** 64n) throw outOfRange(value, where, type);
  return integer;
}

function toFloat(value: number | bigint, where: string, type: ValueType): number {
  const number = Number(value);
  if (typeof value === 'number' || BigInt(number) === value) return number;
  throw outOfRange(value, where, type);
}

function outOfRange(value: number | bigint, where: string, type: ValueType): RangeError {
  return new RangeError(`${where}, ${String(value).slice(0, 40)}, is no ${type}`);
}

function isNumbers(value: unknown): value is Float64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}
