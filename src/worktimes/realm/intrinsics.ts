/**
 * What the language itself is made of, as it was before job code came. The harness shares its realm with that code: where
 * a part of the harness fails since a job has put a setter on the prototype of arrays, or a getter that throws where a
 * length is read, it runs again with everything as it was, and the job finds its own changes after that.
 * @module
 */
import { methodOf } from './captured.js';

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { create } = Object;
const is = Object.is.bind(Object);
const hasOwn = methodOf(Object.prototype, 'hasOwnProperty');
const none: PropertyKey[] = [];

/** Names whose values, and the prototypes of these, are kept. Those of objects come first: all others inherit from them. */
const NAMES = [
  'Object', 'Function', 'Array', 'ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array',
  'Uint16Array', 'Int32Array', 'Uint32Array', 'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array',
  'BigUint64Array', 'Map', 'Set', 'WeakMap', 'WeakSet', 'String', 'Number', 'BigInt', 'Boolean', 'Symbol', 'Date', 'RegExp',
  'Error', 'TypeError', 'RangeError', 'AggregateError', 'Math', 'JSON', 'Reflect', 'Promise', 'Iterator', 'TextEncoder',
  'TextDecoder',
]; // prettier-ignore

const PARTS = ['value', 'get', 'set'] as const;
type Parts = Record<(typeof PARTS)[number], unknown>;

type Descriptors = Record<PropertyKey, PropertyDescriptor>;

interface Kept {
  readonly holder: object;
  /** By key; without a prototype. */
  readonly before: Descriptors;
  readonly keys: readonly PropertyKey[];
  /** Whether what is new on it is hidden: on the global object it is the job's own. */
  readonly isWhole: boolean;
}

interface Change {
  readonly holder: object;
  readonly key: PropertyKey;
  /** What the job has put there; undefined where it has taken away what was there. */
  readonly now: PropertyDescriptor | undefined;
  readonly next: Change | undefined;
}

const all: Record<number, Kept> = create(null) as Record<number, Kept>;
let count = 0;

/** To be called once, when the realm is as job code will find it. */
export function rememberIntrinsics(scope: object): void {
  const names = scope as Record<string, unknown>;
  for (const name of NAMES) {
    const value = names[name];
    if (value === undefined) continue;
    keep(value as object);
    const { prototype } = value as { prototype?: object };
    if (prototype !== undefined) keep(prototype);
  }
  keep(getPrototypeOf(Uint8Array)!);
  keep(getPrototypeOf(Uint8Array.prototype)!);
  for (const one of [[].values(), new Map().values(), new Set().values(), ''[Symbol.iterator]()])
    keep(getPrototypeOf(one)!);
  keep(scope, NAMES);
}

function keep(holder: object, some?: readonly string[]): void {
  const keys = some ?? ownKeys(holder);
  const before = create(null) as Descriptors;
  for (const key of keys) {
    const found = bare(getOwnPropertyDescriptor(holder, key));
    if (found !== undefined) before[key] = found;
  }
  all[count++] = { holder, before, keys, isWhole: some === undefined };
}

/** Runs a part of the harness, whatever job code made of the realm; it may have done nothing before it fails. */
export function steadily<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    return retryWithIntrinsics(error, run);
  }
}

/**
 * Runs again what failed with `error`, with all that job code has changed put back for that time. Throws `error` where
 * nothing was changed.
 */
export function retryWithIntrinsics<T>(error: unknown, run: () => T): T {
  const changes = putBack();
  if (changes === undefined) throw error;
  try {
    return run();
  } finally {
    for (let one: Change | undefined = changes; one !== undefined; one = one.next) {
      if (one.now === undefined) deleteProperty(one.holder, one.key);
      else defineProperty(one.holder, one.key, one.now);
    }
  }
}

/** The last change first, so that what inherits is changed before that from which it does. */
function putBack(): Change | undefined {
  let changes: Change | undefined;
  for (let i = 0; i < count; i++) {
    const { holder, before, keys, isWhole } = all[i]!;
    const { length } = keys;
    // What is new goes first: an element of the prototype of arrays, which is one, lengthens it.
    const found = isWhole ? ownKeys(holder) : none;
    const { length: foundLength } = found;
    for (let k = 0; k < foundLength; k++) {
      const key = found[k]!;
      if (before[key] !== undefined) continue;
      const now = bare(getOwnPropertyDescriptor(holder, key));
      if (deleteProperty(holder, key)) changes = { holder, key, now, next: changes };
    }
    for (let k = 0; k < length; k++) {
      const key = keys[k]!;
      const was = before[key];
      const now = bare(getOwnPropertyDescriptor(holder, key));
      if (was === undefined || isSame(was, now)) continue;
      if (defineProperty(holder, key, was)) changes = { holder, key, now, next: changes };
    }
  }
  return changes;
}

/** A copy that inherits nothing: a job could put `get` on the prototype of objects. */
function bare(descriptor: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
  if (descriptor === undefined) return undefined;
  const copy = create(null) as PropertyDescriptor;
  copy.configurable = descriptor.configurable!;
  copy.enumerable = descriptor.enumerable!;
  if (apply(hasOwn, descriptor, ['value'])) {
    copy.value = descriptor.value as unknown;
    copy.writable = descriptor.writable!;
  } else {
    for (let i = 1; i < PARTS.length; i++) (copy as Parts)[PARTS[i]!] = (descriptor as Parts)[PARTS[i]!];
  }
  return copy;
}

function isSame(was: PropertyDescriptor, now: PropertyDescriptor | undefined): boolean {
  if (now === undefined) return false;
  for (let i = 0; i < PARTS.length; i++)
    if (!is((was as Parts)[PARTS[i]!], (now as Parts)[PARTS[i]!])) return false;
  return true;
}
