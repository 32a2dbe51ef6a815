/**
 * Converts values between JavaScript and Python. Numbers, texts and booleans are passed directly; lists, dicts and sets are
 * copied by Pyodide. What Pyodide would convert to another type is marked here and converted by the harness: -0 (an int for
 * Pyodide), BigInts, bytes and dates.
 * @module
 */
import type { PyCallable, PyProxy } from 'pyodide/ffi';
import { keyStep } from '../../protocol/values/values-refusal.js';

/** Marks a -0 in a container that is passed to Python. */
class NegativeZero {}
const NEGATIVE_ZERO = new NegativeZero();

/** What kind of value a JavaScript object in Python represents; called by the harness. */
export function markerKind(value: unknown): '-0' | 'date' | 'object' {
  return value instanceof NegativeZero ? '-0' : value instanceof Date ? 'date' : 'object';
}

/** Whether a value is passed to Python directly: a number (not -0), a text, a boolean, null, undefined. */
export function passesDirectly(value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      return value !== 0 || !Object.is(value, -0);
    case 'object':
      return value === null;
    case 'bigint':
      return false;
    default:
      return true;
  }
}

/**
 * Marks, in place, values that the harness must convert; returns whether there are any. `value` is a list of values to pass
 * that no other code refers to. @throws ConversionRefusal for a value that Python cannot represent
 */
export function markSpecialValues(value: object, seen: Set<object> = new Set()): boolean {
  seen.add(value);
  let hasSpecial = false;
  const check = (item: unknown, replace: (mark: NegativeZero) => void): void => {
    if (typeof item === 'number') {
      if (item !== 0 || !Object.is(item, -0)) return;
      replace(NEGATIVE_ZERO);
      hasSpecial = true;
    } else if (typeof item === 'bigint') hasSpecial = true;
    else if (typeof item === 'object' && item !== null) {
      if (item instanceof Date) checkDate(item);
      if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer || item instanceof Date) hasSpecial = true;
      else if (!seen.has(item) && markSpecialValues(item, seen)) hasSpecial = true;
    }
  };
  let step: () => string = () => '';
  let i = 0;
  try {
    if (Array.isArray(value)) {
      step = () => `[${i}]`;
      for (; i < value.length; i++) check(value[i], (mark) => (value[i] = mark));
    } else if (value instanceof Map) {
      for (const [key, item] of value) {
        step = () => `<key ${i}>`;
        checkHashable(key);
        check(key, () => undefined);
        step = () => `<value ${i}>`;
        check(item, (mark) => value.set(key, mark));
        i++;
      }
    } else if (value instanceof Set) {
      step = () => `<item ${i}>`;
      for (const item of value) {
        checkHashable(item);
        check(item, () => undefined);
        i++;
      }
    } else if (Object.prototype.toString.call(value) === '[object Object]') {
      const record = value as Record<string, unknown>;
      for (const key of Object.keys(record)) {
        step = () => keyStep(key);
        check(record[key], (mark) => (record[key] = mark));
      }
    }
  } catch (error) {
    if (error instanceof ConversionRefusal) error.steps.push(step());
    throw error;
  }
  return hasSpecial;
}

/** A part of a value that Python cannot represent. */
export class ConversionRefusal extends Error {
  override readonly name = 'ConversionRefusal';
  /** The path of the part, innermost step first. */
  readonly steps: string[] = [];
  readonly type: string;

  constructor(type: string, why: string) {
    super(why);
    this.type = type;
  }
}

/** The range of Python's `datetime`, milliseconds since 1970: the years 1 to 9999. */
const DATE_MS_MIN = -62_135_596_800_000;
const DATE_MS_MAX = 253_402_300_799_999;

function checkDate(date: Date): void {
  const ms = date.getTime();
  if (ms >= DATE_MS_MIN && ms <= DATE_MS_MAX) return;
  const what = Number.isNaN(ms) ? 'an invalid date' : 'a date outside of the years 1 to 9999';
  throw new ConversionRefusal(
    'Date',
    `${what}, which Python's datetime cannot represent; send its milliseconds as a number`,
  );
}

/** Checks a key of a dict or an item of a set. */
function checkHashable(key: unknown): void {
  if (typeof key !== 'object' || key === null) return;
  const tag = Object.prototype.toString.call(key).slice(8, -1);
  const isContainer = ['Array', 'Object', 'Map', 'Set'].includes(tag) || key instanceof ArrayBuffer;
  if (!isContainer && !ArrayBuffer.isView(key)) return;
  throw new ConversionRefusal(
    tag,
    `an ${tag} as the key of a Map or the item of a Set, which Python cannot hash; send an array of [key, value] pairs`,
  );
}

/** Converts a dict to a plain object if all keys are texts, otherwise to a Map. */
export function fromDict(entries: Iterable<[unknown, unknown]>): unknown {
  const pairs = [...entries];
  for (const [key] of pairs) if (typeof key !== 'string') return new Map(pairs);
  return Object.fromEntries(pairs as [string, unknown][]);
}

/**
 * Corrects, in place, Pyodide's copy of a Python value: None becomes null (not undefined), and an int that a number holds
 * exactly becomes a number (Pyodide's own limit is lower by one).
 */
export function convertCopy(value: unknown, seen?: Set<object>): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return convertScalar(value);
  const visited = seen ?? new Set();
  if (visited.has(value)) return value;
  visited.add(value);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (item === undefined || typeof item === 'object' || typeof item === 'bigint')
        value[i] = convertCopy(item, visited);
    }
  } else if (value instanceof Map) {
    convertMap(value, visited);
  } else if (value instanceof Set) {
    if (value.delete(undefined)) value.add(null);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    const record = value as Record<string, unknown>;
    for (const key of Object.keys(record)) setOwn(record, key, convertCopy(record[key], visited));
  }
  return value;
}

/** Corrects a Map in place and keeps its order; a key None becomes null, too. */
function convertMap(map: Map<unknown, unknown>, visited: Set<object>): void {
  const entries = [...map];
  const needsConversion = ([key]: [unknown, unknown]): boolean =>
    key === undefined || typeof key === 'bigint';
  if (entries.some(needsConversion)) map.clear();
  for (const [key, item] of entries) map.set(convertScalar(key), convertCopy(item, visited));
}

/** Corrects a value that Pyodide passed directly: a bool, an int, None, or an object of JavaScript. */
export function convertScalar(value: unknown): unknown {
  return value === undefined ? null : typeof value === 'bigint' ? asNumber(value) : value;
}

/** A number where that is exact, else the BigInt. */
function asNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Sets an own property, also for a key such as `__proto__`. */
function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  if (!Object.is(record[key], value)) {
    Object.defineProperty(record, key, { value, configurable: true, enumerable: true, writable: true });
  }
}

/** Copies a Python object to JavaScript. @throws Pyodide's PythonError where a part of it cannot be converted */
export function copyFromPython(proxy: PyProxy, toJsDefault: PyCallable): unknown {
  const options = {
    create_pyproxies: false,
    dict_converter: fromDict,
    default_converter: toJsDefault as unknown as () => unknown,
  };
  return convertCopy(proxy.toJs(options) as unknown);
}
