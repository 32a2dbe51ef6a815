/**
 * Copies that the platform makes outside the heap, under the quota: structured clones, messages that job code posts to
 * itself, and blobs. A message cannot be followed to its receiver, so what is copied into one is counted for ever:
 * buffers that are transferred are free.
 * @module
 */
import type { Quota } from './quota.js';
import { wrapConstructor, wrapMethod, type AnyConstructor, getterOf, methodOf } from './wrap-native.js';

const { apply, construct, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const isView = ArrayBuffer.isView.bind(ArrayBuffer);
const { isArray } = Array;
const arrayFrom = Array.from.bind(Array);
const { Map, Set, RangeError } = globalThis;
const { iterator } = Symbol;
const setHas = methodOf(Set.prototype, 'has');
const setAdd = methodOf(Set.prototype, 'add');
const then = methodOf(Promise.prototype, 'then');
const mapForEach = methodOf(Map.prototype, 'forEach');
const setForEach = methodOf(Set.prototype, 'forEach');

const bufferSize = getterOf(ArrayBuffer.prototype, 'byteLength');
const typedBuffer = getterOf(getPrototypeOf(Uint8Array.prototype)!, 'buffer');
const dataViewBuffer = getterOf(DataView.prototype, 'buffer');
const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');
const blobSize = typeof Blob === 'undefined' ? undefined : getterOf(Blob.prototype, 'size');

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
    if (bytes > 0 && typeof copy === 'object' && copy !== null) quota.hold(copy, bytes);
    return copy;
  });
  const Port = scope['MessagePort'] as AnyConstructor | undefined;
  wrapMethod(Port?.prototype as object | undefined, 'postMessage', (native, self, args) => {
    const list = transferList(args[1]);
    quota.spend(MESSAGE_BYTES + costOf(args[0], setOf(list)));
    return apply(native, self, [args[0], { transfer: iterableOf(list) }]);
  });
  limitBlobs(scope, quota);
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
      quota.check(bytes);
      return apply(then, apply(native, self, args), [
        (made: unknown) => {
          if (typeof made === 'object' && made !== null) quota.hold(made, bytes);
          return made;
        },
      ]);
    });
  }
}

/** Of one part of a blob; a part that is no text and no bytes is made a text first, so that it is read once. */
function partSize(parts: unknown[], i: number): number {
  const part = parts[i];
  if (typeof part === 'object' && part !== null) {
    const buffer = bufferOf(part);
    if (buffer !== undefined) return apply(bufferSize, buffer, []) as number;
    const size = blobSize === undefined ? undefined : attempt(() => apply(blobSize, part, []));
    if (typeof size === 'number') return size;
  }
  const text = typeof part === 'string' ? part : `${part as string}`;
  parts[i] = text;
  return text.length * 3;
}

/** Bytes outside the heap that a copy of the value takes. Throws a RangeError where it is too large to tell. */
function costOf(value: unknown, free: Set<unknown>): number {
  const stack: unknown[] = [value];
  let height = 1;
  let objects = 0;
  let bytes = 0;
  const push = (item: unknown): void => {
    stack[height++] = item;
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
      bytes += apply(bufferSize, buffer, []) as number;
    } else pushParts(item, push);
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

function bufferOf(item: object): object | undefined {
  if (isView(item)) {
    return (attempt(() => apply(typedBuffer, item, [])) ?? apply(dataViewBuffer, item, [])) as object;
  }
  return typeof attempt(() => apply(bufferSize, item, [])) === 'number' ? item : undefined;
}

/** What the call's second argument names as transferred, read once. */
function transferList(options: unknown): unknown[] {
  if (typeof options !== 'object' || options === null) return [];
  const list = iterator in options ? options : (options as { transfer?: unknown }).transfer;
  return list === undefined || list === null ? [] : arrayFrom(list as unknown[]);
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
