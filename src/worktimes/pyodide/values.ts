/**
 * Values between JavaScript and Python. Plain numbers, texts and booleans cross by themselves; lists, dicts and
 * sets are copied by Pyodide; what Pyodide would take for something else is marked here and settled by the harness:
 * -0 (Pyodide makes an int of it), BigInts, bytes and dates.
 * @module
 */
import type { PyCallable, PyProxy } from 'pyodide/ffi';
import { keyStep } from '../../protocol/values/values-refusal.js';

/** Stands for -0 inside containers on their way to Python. */
class NegativeZero {}
const NEGATIVE_ZERO = new NegativeZero();

/** What a JavaScript object that Python cannot take stands for; the harness asks. */
export function standsFor(value: unknown): '-0' | 'date' | 'object' {
  return value instanceof NegativeZero ? '-0' : value instanceof Date ? 'date' : 'object';
}

/** Whether a value crosses to Python as it is: a number (but -0), a text, a boolean, nothing. */
export function crossesAlone(value: unknown): boolean {
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
 * Marks, in place, what must be settled in Python; whether there was something. `value` is a list of what is to
 * cross, which belongs to nobody else. Throws CrossingRefusal for what Python has nothing for.
 */
export function markOddities(value: object, seen: Set<object> = new Set()): boolean {
  seen.add(value);
  let odd = false;
  const look = (item: unknown, replace: (mark: NegativeZero) => void): void => {
    if (typeof item === 'number') {
      if (item !== 0 || !Object.is(item, -0)) return;
      replace(NEGATIVE_ZERO);
      odd = true;
    } else if (typeof item === 'bigint') odd = true;
    else if (typeof item === 'object' && item !== null) {
      if (item instanceof Date) checkDate(item);
      if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer || item instanceof Date) odd = true;
      else if (!seen.has(item) && markOddities(item, seen)) odd = true;
    }
  };
  let step: () => string = () => '';
  let i = 0;
  try {
    if (Array.isArray(value)) {
      step = () => `[${i}]`;
      for (; i < value.length; i++) look(value[i], (mark) => (value[i] = mark));
    } else if (value instanceof Map) {
      for (const [key, item] of value) {
        step = () => `<key ${i}>`;
        checkHashable(key);
        look(key, () => undefined);
        step = () => `<value ${i}>`;
        look(item, (mark) => value.set(key, mark));
        i++;
      }
    } else if (value instanceof Set) {
      step = () => `<item ${i}>`;
      for (const item of value) {
        checkHashable(item);
        look(item, () => undefined);
        i++;
      }
    } else if (Object.prototype.toString.call(value) === '[object Object]') {
      const record = value as Record<string, unknown>;
      for (const key of Object.keys(record)) {
        step = () => keyStep(key);
        look(record[key], (mark) => (record[key] = mark));
      }
    }
  } catch (error) {
    if (error instanceof CrossingRefusal) error.steps.push(step());
    throw error;
  }
  return odd;
}

/** A part of a value that Python has nothing for. */
export class CrossingRefusal extends Error {
  override readonly name = 'CrossingRefusal';
  /** Innermost first. */
  readonly steps: string[] = [];
  readonly type: string;

  constructor(type: string, why: string) {
    super(why);
    this.type = type;
  }
}

/** Milliseconds of the first and the last moment that Python's `datetime` can say: the years 1 and 9999. */
const DATE_MS_MIN = -62_135_596_800_000;
const DATE_MS_MAX = 253_402_300_799_999;

function checkDate(date: Date): void {
  const ms = date.getTime();
  if (ms >= DATE_MS_MIN && ms <= DATE_MS_MAX) return;
  const what = Number.isNaN(ms) ? 'an invalid date' : 'a date outside of the years 1 to 9999';
  throw new CrossingRefusal(
    'Date',
    `${what}, which Python's datetime cannot say; send its milliseconds as a number`,
  );
}

/** Keys of a dict and items of a set. */
function checkHashable(key: unknown): void {
  if (typeof key !== 'object' || key === null) return;
  const tag = Object.prototype.toString.call(key).slice(8, -1);
  const isContainer = ['Array', 'Object', 'Map', 'Set'].includes(tag) || key instanceof ArrayBuffer;
  if (!isContainer && !ArrayBuffer.isView(key)) return;
  throw new CrossingRefusal(
    tag,
    `an ${tag} as the key of a Map or the item of a Set, which Python cannot hash; send an array of [key, value] pairs`,
  );
}

/** A dict: a plain object where all keys are texts, a Map otherwise. */
export function fromDict(entries: Iterable<[unknown, unknown]>): unknown {
  const pairs = [...entries];
  for (const [key] of pairs) if (typeof key !== 'string') return new Map(pairs);
  return Object.fromEntries(pairs as [string, unknown][]);
}

/**
 * Settles, in place, what Pyodide made of a Python value: None is null, since it is a value and null is its name in
 * JavaScript; an int that a number holds exactly is one (Pyodide's own border is one lower).
 */
export function settleCopy(value: unknown, seen?: Set<object>): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return settleAlone(value);
  const known = seen ?? new Set();
  if (known.has(value)) return value;
  known.add(value);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (item === undefined || typeof item === 'object' || typeof item === 'bigint')
        value[i] = settleCopy(item, known);
    }
  } else if (value instanceof Map) {
    settleMap(value, known);
  } else if (value instanceof Set) {
    if (value.delete(undefined)) value.add(null);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    const record = value as Record<string, unknown>;
    for (const key of Object.keys(record)) setOwn(record, key, settleCopy(record[key], known));
  }
  return value;
}

/** In place, and in its order: a key that is None is null, too. */
function settleMap(map: Map<unknown, unknown>, known: Set<object>): void {
  const entries = [...map];
  const isOdd = ([key]: [unknown, unknown]): boolean => key === undefined || typeof key === 'bigint';
  if (entries.some(isOdd)) map.clear();
  for (const [key, item] of entries) map.set(settleAlone(key), settleCopy(item, known));
}

/** What crossed from Python by itself: a bool, an int, None, or an object of JavaScript that was in there. */
export function settleAlone(value: unknown): unknown {
  return value === undefined ? null : typeof value === 'bigint' ? asNumber(value) : value;
}

/** A number where it is exact, else the BigInt itself. */
function asNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A key such as `__proto__` stays a key. */
function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  if (!Object.is(record[key], value)) {
    Object.defineProperty(record, key, { value, configurable: true, enumerable: true, writable: true });
  }
}

/** A Python object's copy in JavaScript. Throws Pyodide's PythonError where a part of it has none. */
export function copyFromPython(proxy: PyProxy, toJsDefault: PyCallable): unknown {
  const options = {
    create_pyproxies: false,
    dict_converter: fromDict,
    default_converter: toJsDefault as unknown as () => unknown,
  };
  return settleCopy(proxy.toJs(options) as unknown);
}
