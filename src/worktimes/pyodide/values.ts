/**
 * Values between JavaScript and Python. Plain numbers, texts and booleans cross by themselves; lists, dicts and
 * sets are copied by Pyodide; what Pyodide would take for something else is marked here and settled by the harness:
 * -0 (Pyodide makes an int of it), BigInts, bytes and dates.
 * @module
 */
import type { PyCallable, PyProxy } from 'pyodide/ffi';

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
 * cross, which belongs to nobody else.
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
      if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer || item instanceof Date) odd = true;
      else if (!seen.has(item) && markOddities(item, seen)) odd = true;
    }
  };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) look(value[i], (mark) => (value[i] = mark));
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      look(key, () => undefined);
      look(item, (mark) => value.set(key, mark));
    }
  } else if (value instanceof Set) {
    for (const item of value) look(item, () => undefined);
  } else if (Object.prototype.toString.call(value) === '[object Object]') {
    const record = value as Record<string, unknown>;
    for (const key of Object.keys(record)) look(record[key], (mark) => (record[key] = mark));
  }
  return odd;
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
    for (const [key, item] of value) value.set(key, settleCopy(item, known));
  } else if (value instanceof Set) {
    if (value.delete(undefined)) value.add(null);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    const record = value as Record<string, unknown>;
    for (const key of Object.keys(record)) setOwn(record, key, settleCopy(record[key], known));
  }
  return value;
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
