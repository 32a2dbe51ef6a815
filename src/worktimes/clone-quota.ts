/**
 * Copies that the platform makes outside the heap, under the quota: structured clones and messages that job code posts
 * to itself. A message cannot be followed to its receiver, so buffers in it are counted for ever, copied or transferred.
 * @module
 */
import { blobBytes, limitBlobs, settle } from './blob-quota.js';
import { allocatedBytes, BUFFER_BYTES, bufferOf, letGo, moveOn, pictureBytes } from './buffer-sizes.js';
import { memoryBytes, whileCopying } from './memory-list.js';
import { Messages } from './message-quota.js';
import type { Quota } from './quota.js';
import { getterOf, methodOf, wrapMethod, type AnyConstructor, type AnyMethod } from './wrap-native.js';

const { apply, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { isArray } = Array;
const { create } = Object;
const arrayFrom = Array.from.bind(Array);
const { Map, Set, RangeError, TypeError } = globalThis;
/** Of objects that nobody has disguised. */
const OBJECT = Object.prototype;
const MAP = Map.prototype;
const SET = Set.prototype;
const DATE = Date.prototype;
const asUintN = BigInt.asUintN.bind(BigInt);
const { iterator } = Symbol;
const setHas = methodOf(Set.prototype, 'has');
const setAdd = methodOf(Set.prototype, 'add');
const mapForEach = methodOf(Map.prototype, 'forEach');
const setForEach = methodOf(Set.prototype, 'forEach');

const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');
const importsOf =
  typeof WebAssembly === 'undefined' ? undefined : WebAssembly.Module.imports.bind(WebAssembly.Module);
const memoryBuffer =
  typeof WebAssembly === 'undefined' ? undefined : getterOf(WebAssembly.Memory.prototype, 'buffer');

const portPrototype = typeof MessagePort === 'undefined' ? undefined : (MessagePort.prototype as object);
const isPrototypeOf = methodOf(Object.prototype, 'isPrototypeOf');

/** Objects that are looked through in one value; one that has more cannot be cloned here. */
const OBJECTS_MAX = 1_000_000;
/** In a message every value counts, since none of it is on the heap until it is received. */
const VALUE_BYTES = 16;
const LETTER_BYTES = 2;
const BITS_A_BYTE = 8;
const BIG_BITS_FIRST = 1_024;

interface Cost {
  /** What lies outside the heap wherever the copy is. */
  outside: number;
  /** All the rest of it, as it is on its way. */
  inside: number;
}

interface Copied {
  readonly copy: unknown;
  readonly cost: Cost;
}

interface Walk {
  /** Is told of the parts that lie outside the heap. */
  each?: (part: object, bytes: number) => void;
  /** Of a copy that nobody else has seen: its objects are what their prototypes say. */
  isOurs?: boolean;
}

export function limitClones(scope: Record<string, unknown>, quota: Quota): void {
  const messages = new Messages(scope, quota);
  const clone = methodOf(scope, 'structuredClone');
  /** Copies first and looks at the copy, which has no disguise: what may be copied is no more than what is held. */
  const copyAhead = (value: unknown): Copied | undefined => {
    const most = quota.used + memoryBytes();
    if (most > quota.left) return undefined;
    let reserved = most;
    let done = quota.reserve(most);
    const reserveMore = (bytes: number): void => {
      done();
      done = quota.reserve((reserved += bytes));
    };
    try {
      const copy = whileCopying(reserveMore, () => apply(clone, undefined, [value]));
      const hold = (part: object, size: number): void => void quota.hold(part, size);
      return { copy, cost: costOf(copy, new Set(), { each: hold, isOurs: true }) };
    } finally {
      done();
    }
  };
  wrapMethod(scope, 'structuredClone', (native, _self, args) => {
    const list = transferList(args[1]);
    const ahead = list.length === 0 ? copyAhead(args[0]) : undefined;
    if (ahead !== undefined) {
      if (ahead.cost.outside > 0 && quota.left < 0) quota.check(0);
      return ahead.copy;
    }
    const { outside } = costOf(args[0], setOf(list));
    quota.check(outside);
    for (let i = 0; i < list.length; i++) messages.forget(list[i] as object);
    const { copy, moved } = cloneMoving(native, args[0], list, quota);
    // Each by itself: one may be kept where the rest of the copy is forgotten.
    const hold = (part: object, size: number): void => void quota.hold(part, size);
    costOf(copy, setOf(moved), { each: hold, isOurs: true });
    return copy;
  });
  const Port = scope['MessagePort'] as AnyConstructor | undefined;
  wrapMethod(Port?.prototype as object | undefined, 'postMessage', (native, self, args) => {
    const list = transferList(args[1]);
    const ahead = list.length === 0 ? copyAhead(args[0]) : undefined;
    const value = ahead === undefined ? args[0] : ahead.copy;
    const cost = ahead?.cost ?? costOf(value, setOf(list));
    let { outside } = cost;
    for (let i = 0; i < list.length; i++) outside += BUFFER_BYTES + (allocatedBytes(list[i] as object) ?? 0);
    quota.check(outside + cost.inside);
    for (let i = 0; i < list.length; i++) messages.forget(list[i] as object);
    quota.spend(outside);
    messages.post(self as object, cost.inside);
    const nothing = apply(native, self, [value, { transfer: iterableOf(list) }]);
    for (let i = 0; i < list.length; i++) letGo(list[i] as object, quota);
    return nothing;
  });
  limitBlobs(scope, quota);
  const Subtle = scope['SubtleCrypto'] as AnyConstructor | undefined;
  wrapMethod(Subtle?.prototype as object | undefined, 'digest', (native, self, args) => {
    const data = args[1];
    const buffer = typeof data === 'object' && data !== null ? bufferOf(data) : undefined;
    // The bytes are copied, and looked at later.
    const done = quota.reserve(buffer === undefined ? 0 : (allocatedBytes(buffer) ?? 0));
    return settle(apply(native, self, args), done);
  });
}

/** Clones, and moves what the transferred buffers hold to their successors, which `moved` has in the list's order. */
function cloneMoving(
  native: AnyMethod,
  value: unknown,
  list: unknown[],
  quota: Quota,
): { copy: unknown; moved: unknown[] } {
  const before = bare<number | undefined>();
  for (let i = 0; i < list.length; i++) before[i] = allocatedBytes(list[i] as object);
  // The list is copied as well: so it is known which one is whose successor, and none is lost.
  const pair = apply(native, undefined, [[value, list], { transfer: iterableOf(list) }]) as unknown[];
  const moved = pair[1] as unknown[];
  for (let i = 0; i < list.length; i++) {
    const bytes = before[i];
    if (bytes !== undefined) moveOn(list[i] as object, moved[i] as object, bytes, quota);
  }
  return { copy: pair[0], moved };
}

/** A list to write to: a setter of job code on the prototype of arrays, or of objects, would get what is put in it. */
function bare<T>(): Record<number, T> {
  return create(null) as Record<number, T>;
}

/**
 * Bytes that a copy of the value takes. Throws a RangeError where the value is too large to tell, a TypeError for what
 * cannot be counted.
 */
function costOf(value: unknown, free: Set<unknown>, { each, isOurs = false }: Walk = {}): Cost {
  const stack = bare<unknown>();
  stack[0] = value;
  let height = 1;
  let objects = 0;
  const cost: Cost = { outside: 0, inside: 0 };
  const push = (item: unknown): void => {
    if (typeof item === 'number') cost.inside += VALUE_BYTES;
    else stack[height++] = item;
  };
  const add = (part: object, size: number): void => {
    cost.outside += size;
    if (size > 0) each?.(part, size);
  };
  while (height > 0) {
    const item = stack[--height];
    cost.inside += VALUE_BYTES;
    if (typeof item === 'string') cost.inside += item.length * LETTER_BYTES;
    if (typeof item === 'bigint') cost.inside += bigBytes(item);
    if (typeof item !== 'object' || item === null || apply(setHas, free, [item])) continue;
    apply(setAdd, free, [item]);
    if (++objects > OBJECTS_MAX) throw new RangeError('The value has too many objects to be cloned here');
    if (isArray(item) && !isOurs) {
      pushProperties(item, push);
      continue;
    }
    if (isOurs && pushOurs(item, push)) continue;
    const buffer = bufferOf(item);
    if (buffer !== undefined) {
      if (apply(setHas, free, [buffer]) && buffer !== item) continue;
      apply(setAdd, free, [buffer]);
      add(buffer, BUFFER_BYTES + (allocatedBytes(buffer) ?? 0));
      continue;
    }
    const bytes = pictureBytes(item) ?? blobBytes(item);
    if (bytes > 0) add(item, bytes);
    else if (isWebAssembly(item)) throw new TypeError('Modules and memories cannot be cloned here');
    else pushParts(item, push);
  }
  return cost;
}

function bigBytes(value: bigint): number {
  let bits = BIG_BITS_FIRST;
  const size = value < 0n ? -value : value;
  while (asUintN(bits, size) !== size) bits *= 2;
  return bits / BITS_A_BYTE;
}

/** What `wasm-limits` counts by the object that it gave out, which a copy could outlive. */
function isWebAssembly(item: object): boolean {
  return (
    attempt(() => apply(memoryBuffer!, item, [])) !== undefined ||
    attempt(() => importsOf!(item as WebAssembly.Module)) !== undefined
  );
}

/** Pushes the parts of what is known by its prototype; says false for anything else. */
function pushOurs(item: object, push: (part: unknown) => void): boolean {
  if (isArray(item)) {
    const { length } = item;
    const keys = ownKeys(item);
    // One more is its length; where there is another number of them, it has holes or other properties.
    if (keys.length !== length + 1) pushProperties(item, push);
    else for (let i = 0; i < length; i++) push(item[i]);
    return true;
  }
  switch (getPrototypeOf(item)) {
    case OBJECT: {
      const keys = ownKeys(item);
      for (let i = 0; i < keys.length; i++) {
        push(keys[i]);
        push((item as Record<PropertyKey, unknown>)[keys[i]!]);
      }
      return true;
    }
    case MAP:
      eachOf(mapForEach, item, push);
      return true;
    case SET:
      eachOf(setForEach, item, push);
      return true;
    default:
      return getPrototypeOf(item) === DATE;
  }
}

function eachOf(forEach: AnyMethod, item: object, push: (part: unknown) => void): void {
  const each = (value: unknown, key: unknown): void => {
    push(value);
    push(key);
  };
  apply(forEach, item, [each]);
}

function pushParts(item: object, push: (part: unknown) => void): void {
  if (typeof attempt(() => apply(mapSize, item, [])) === 'number') return eachOf(mapForEach, item, push);
  if (typeof attempt(() => apply(setSize, item, [])) === 'number') return eachOf(setForEach, item, push);
  pushProperties(item, push);
}

function pushProperties(item: object, push: (part: unknown) => void): void {
  const keys = ownKeys(item);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = getOwnPropertyDescriptor(item, keys[i]!);
    if (descriptor === undefined) continue;
    // What a getter would give cannot be known before: it could give each time another thing.
    if (descriptor.get !== undefined && descriptor.enumerable)
      throw new RangeError('A value with accessors cannot be cloned here');
    push(keys[i]);
    push(descriptor.value);
  }
}

/** What the call's second argument names as transferred, read once. */
function transferList(options: unknown): unknown[] {
  if (typeof options !== 'object' || options === null) return [];
  const list = iterator in options ? options : (options as { transfer?: unknown }).transfer;
  if (list === undefined || list === null) return [];
  const items = arrayFrom(list as unknown[]);
  // The dead original of a picture would give back what its successor holds; of what is refused no size is known.
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item !== 'object' || item === null || (allocatedBytes(item) === undefined && !isPort(item)))
      throw new TypeError('Only ArrayBuffers and MessagePorts can be transferred here');
  }
  return items;
}

/** A picture could be given the prototype of ports. */
function isPort(item: object): boolean {
  if (portPrototype === undefined || pictureBytes(item) !== undefined || blobBytes(item) > 0) return false;
  return apply(isPrototypeOf, portPrototype, [item]) === true;
}

function setOf(list: unknown[]): Set<unknown> {
  const set = new Set<unknown>();
  for (let i = 0; i < list.length; i++) apply(setAdd, set, [list[i]]);
  return set;
}

/** An iterable that owns all its methods: those of arrays can be tampered with. */
function iterableOf(list: unknown[]): unknown {
  return {
    [iterator]: () => {
      let i = 0;
      return {
        next: () => (i < list.length ? { done: false, value: list[i++] } : { done: true, value: undefined }),
      };
    },
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
