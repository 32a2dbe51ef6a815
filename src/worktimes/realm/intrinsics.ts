/**
 * The intrinsic objects of the language as they were before job code ran. The harness shares its realm with that code.
 * Where harness code fails because a job has, say, put a setter on the prototype of arrays or a throwing getter on a length,
 * the harness code runs again with the original intrinsics; afterwards the changes of the job are restored.
 * @module
 */
import { methodOf } from './captured.js';

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { create } = Object;
const is = Object.is.bind(Object);
const hasOwn = methodOf(Object.prototype, 'hasOwnProperty');
const none: PropertyKey[] = [];

/** Globals that are saved together with their prototypes. `Object` comes first: all others inherit from it. */
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

interface SavedObject {
  readonly holder: object;
  /** The original properties, by key; without a prototype. */
  readonly before: Descriptors;
  readonly keys: readonly PropertyKey[];
  /** Whether added properties are removed, too; not those of the global object, which are the job's own globals. */
  readonly removesAdded: boolean;
}

interface Change {
  readonly holder: object;
  readonly key: PropertyKey;
  /** The property that the job defined; undefined where it deleted the original. */
  readonly now: PropertyDescriptor | undefined;
  readonly next: Change | undefined;
}

const saved: Record<number, SavedObject> = create(null) as Record<number, SavedObject>;
let count = 0;

/** Call it once, when the realm is as job code will find it. */
export function captureIntrinsics(scope: object): void {
  const names = scope as Record<string, unknown>;
  for (const name of NAMES) {
    const value = names[name];
    if (value === undefined) continue;
    save(value as object);
    const { prototype } = value as { prototype?: object };
    if (prototype !== undefined) save(prototype);
  }
  save(getPrototypeOf(Uint8Array)!);
  save(getPrototypeOf(Uint8Array.prototype)!);
  for (const one of [[].values(), new Map().values(), new Set().values(), ''[Symbol.iterator]()])
    save(getPrototypeOf(one)!);
  save(scope, NAMES);
}

function save(holder: object, some?: readonly string[]): void {
  const keys = some ?? ownKeys(holder);
  const before = create(null) as Descriptors;
  for (const key of keys) {
    const found = withoutPrototype(getOwnPropertyDescriptor(holder, key));
    if (found !== undefined) before[key] = found;
  }
  saved[count++] = { holder, before, keys, removesAdded: some === undefined };
}

/** Runs harness code despite any change of the realm by job code. `run` must have no effect when it fails: it may run twice. */
export function withIntrinsics<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    return retryWithIntrinsics(error, run);
  }
}

/**
 * Runs again what failed with `error`, with the original intrinsics during the call. Throws `error` where job code has
 * changed nothing.
 */
export function retryWithIntrinsics<T>(error: unknown, run: () => T): T {
  const changes = restoreIntrinsics();
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

/** Restores all intrinsics. Returns the changes of the job, last first, to be applied in that order afterwards. */
function restoreIntrinsics(): Change | undefined {
  let changes: Change | undefined;
  for (let i = 0; i < count; i++) {
    const { holder, before, keys, removesAdded } = saved[i]!;
    const { length } = keys;
    // Added properties first: an index on the prototype of arrays, itself an array, changes its length.
    const found = removesAdded ? ownKeys(holder) : none;
    const { length: foundLength } = found;
    for (let k = 0; k < foundLength; k++) {
      const key = found[k]!;
      if (before[key] !== undefined) continue;
      const now = withoutPrototype(getOwnPropertyDescriptor(holder, key));
      if (deleteProperty(holder, key)) changes = { holder, key, now, next: changes };
    }
    for (let k = 0; k < length; k++) {
      const key = keys[k]!;
      const original = before[key];
      const now = withoutPrototype(getOwnPropertyDescriptor(holder, key));
      if (original === undefined || isSame(original, now)) continue;
      if (defineProperty(holder, key, original)) changes = { holder, key, now, next: changes };
    }
  }
  return changes;
}

/** A copy without a prototype: a job could put `get` on the prototype of objects. */
function withoutPrototype(descriptor: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
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

function isSame(original: PropertyDescriptor, now: PropertyDescriptor | undefined): boolean {
  if (now === undefined) return false;
  for (let i = 0; i < PARTS.length; i++)
    if (!is((original as Parts)[PARTS[i]!], (now as Parts)[PARTS[i]!])) return false;
  return true;
}
