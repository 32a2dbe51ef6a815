/**
 * Copies that the platform makes outside the heap, under the quota: structured clones, messages that job code posts to
 * itself, and blobs. A message cannot be followed to its receiver, so what is copied or transferred into one is counted
 * for ever.
 * @module
 */
import { allocatedBytes, bufferOf, isShared, pictureBytes } from './buffer-sizes.js';
import type { Quota } from './quota.js';
import { wrapConstructor, wrapMethod, type AnyConstructor, getterOf, methodOf } from './wrap-native.js';

const { apply, construct, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { isArray } = Array;
const arrayFrom = Array.from.bind(Array);
const { Map, Set, RangeError, TypeError } = globalThis;
const { iterator } = Symbol;
const setHas = methodOf(Set.prototype, 'has');
const setAdd = methodOf(Set.prototype, 'add');
const then = methodOf(Promise.prototype, 'then');
const mapForEach = methodOf(Map.prototype, 'forEach');
const setForEach = methodOf(Set.prototype, 'forEach');

const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');
const blobSize = typeof Blob === 'undefined' ? undefined : getterOf(Blob.prototype, 'size');

const portPrototype = typeof MessagePort === 'undefined' ? undefined : (MessagePort.prototype as object);
const isPrototypeOf = methodOf(Object.prototype, 'isPrototypeOf');

/** Objects that are looked through in one value; one that has more cannot be cloned here. */
const OBJECTS_MAX = 1_000_000;
/** A message to oneself costs this at least: what the platform keeps for it. */
const MESSAGE_BYTES = 128;
/** Texts in a message that are not counted. */
const TEXT_FREE = 4_096;

export function limitClones(scope: Record<string, unknown>, quota: Quota): void {
  wrapMethod(scope, 'structuredClone', (native, _self, args) => {
    const list = transferList(args[1]);
    const bytes = costOf(args[0], setOf(list));
    quota.check(bytes);
    const copy = apply(native, undefined, [args[0], { transfer: iterableOf(list) }]);
    if (bytes === 0 && list.length === 0) return copy;
    // Each by itself: one may be kept where the rest of the copy is forgotten.
    costOf(copy, new Set(), (part, size) => {
      quota.hold(part, size);
    });
    return copy;
  });
  const Port = scope['MessagePort'] as AnyConstructor | undefined;
  wrapMethod(Port?.prototype as object | undefined, 'postMessage', (native, self, args) => {
    const list = transferList(args[1]);
    let bytes = MESSAGE_BYTES + costOf(args[0], setOf(list));
    for (let i = 0; i < list.length; i++) bytes += allocatedBytes(list[i] as object) ?? 0;
    quota.spend(bytes);
    return apply(native, self, [args[0], { transfer: iterableOf(list) }]);
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

function limitBlobs(scope: Record<string, unknown>, quota: Quota): void {
  for (const name of ['Blob', 'File']) {
    const Native = scope[name] as AnyConstructor | undefined;
    if (Native === undefined) continue;
    wrapConstructor(scope, name, Native, (args, newTarget) => {
      const parts =
        typeof args[0] === 'object' && args[0] !== null ? arrayFrom(args[0] as unknown[]) : args[0];
      let bytes = 0;
      if (isArray(parts)) for (let i = 0; i < parts.length; i++) bytes += partSize(parts, i);
      quota.check(bytes);
      const made = construct(Native, args.length === 0 ? [] : [parts, args[1], args[2]], newTarget) as object;
      quota.hold(made, bytes);
      return made;
    });
  }
  const Own = scope['Blob'] as AnyConstructor | undefined;
  for (const name of ['arrayBuffer', 'bytes', 'text']) {
    wrapMethod(Own?.prototype as object | undefined, name, (native, self, args) => {
      const bytes = blobSize === undefined ? 0 : Number(apply(blobSize, self, []));
      const done = quota.reserve(bytes);
      return settle(apply(native, self, args), done, (made) => {
        if (typeof made === 'object' && made !== null) quota.hold(made, bytes);
      });
    });
  }
}

/** Runs `done` when a promise of the platform is settled, and `keep` before anybody else sees its value. */
function settle(promise: unknown, done: () => void, keep?: (made: unknown) => void): unknown {
  return apply(then, promise, [
    (made: unknown) => {
      done();
      keep?.(made);
      return made;
    },
    (error: unknown) => {
      done();
      throw error;
    },
  ]);
}

/** Of one part of a blob; a part that is no text and no bytes is made a text first, so that it is read once. */
function partSize(parts: unknown[], i: number): number {
  const part = parts[i];
  if (typeof part === 'object' && part !== null) {
    const buffer = bufferOf(part);
    if (buffer !== undefined) return allocatedBytes(buffer) ?? 0;
    const size = blobSize === undefined ? undefined : attempt(() => apply(blobSize, part, []));
    if (typeof size === 'number') return size;
  }
  const text = typeof part === 'string' ? part : `${part as string}`;
  parts[i] = text;
  return text.length * 3;
}

/**
 * Bytes outside the heap that a copy of the value takes; `each` is told of the parts that have them. Throws a
 * RangeError where the value is too large to tell.
 */
function costOf(value: unknown, free: Set<unknown>, each?: (part: object, bytes: number) => void): number {
  const stack: unknown[] = [value];
  let height = 1;
  let objects = 0;
  let bytes = 0;
  const push = (item: unknown): void => {
    stack[height++] = item;
  };
  const add = (part: object, size: number): void => {
    bytes += size;
    if (size > 0) each?.(part, size);
  };
  while (height > 0) {
    const item = stack[--height];
    if (typeof item === 'string' && item.length > TEXT_FREE) bytes += item.length;
    if (typeof item !== 'object' || item === null || apply(setHas, free, [item])) continue;
    apply(setAdd, free, [item]);
    if (++objects > OBJECTS_MAX) throw new RangeError('The value has too many objects to be cloned here');
    const buffer = bufferOf(item);
    if (buffer !== undefined) {
      if (apply(setHas, free, [buffer]) && buffer !== item) continue;
      apply(setAdd, free, [buffer]);
      if (!isShared(buffer)) add(buffer, allocatedBytes(buffer) ?? 0);
      continue;
    }
    const pixels = pictureBytes(item);
    if (pixels !== undefined) add(item, pixels);
    else pushParts(item, push);
  }
  return bytes;
}

function pushParts(item: object, push: (part: unknown) => void): void {
  const each = (value: unknown, key: unknown): void => {
    push(value);
    push(key);
  };
  if (typeof attempt(() => apply(mapSize, item, [])) === 'number')
    return void apply(mapForEach, item, [each]);
  if (typeof attempt(() => apply(setSize, item, [])) === 'number')
    return void apply(setForEach, item, [each]);
  const keys = ownKeys(item);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = getOwnPropertyDescriptor(item, keys[i]!);
    if (descriptor === undefined) continue;
    // What a getter would give cannot be known before: it could give each time another thing.
    if (descriptor.get !== undefined && descriptor.enumerable)
      throw new RangeError('A value with accessors cannot be cloned here');
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
  if (portPrototype === undefined || pictureBytes(item) !== undefined) return false;
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
