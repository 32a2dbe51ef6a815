/**
 * ArrayBuffers under a quota: every way in which job code can come by one is counted before it is made. Wrapped are
 * the constructors and the methods whose result has memory of its own; what an unwrapped method makes goes through a
 * wrapped constructor. Small pieces are counted by samples that job code cannot foresee.
 * @module
 */
import { allocatedBytes, BUFFER_BYTES, bufferOf, moveOn, NativeShared, watchViews } from './buffer-sizes.js';
import { limitClones } from './clone-quota.js';
import { limitDrawings } from './drawing-quota.js';
import { limitIntl } from './intl-quota.js';
import { limitMembers } from './members.js';
import type { Quota } from './quota.js';
import { Sampler } from './sampler.js';
import { limitStreams } from './stream-quota.js';
import { WeakTable } from './weak-table.js';
import { wrapConstructor, wrapMethod, type AnyConstructor, getterOf, methodOf } from './wrap-native.js';

const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const isView = ArrayBuffer.isView.bind(ArrayBuffer);
const { isArray } = Array;
const { iterator } = Symbol;
const arrayFrom = Array.from.bind(Array);
const TypedArray = getPrototypeOf(Uint8Array) as AnyConstructor & { prototype: object };
const NUMBER = Number;

const TYPED_ARRAYS = [
  'BigInt64Array', 'BigUint64Array', 'Float16Array', 'Float32Array', 'Float64Array', 'Int16Array', 'Int32Array',
  'Int8Array', 'Uint16Array', 'Uint32Array', 'Uint8Array', 'Uint8ClampedArray',
]; // prettier-ignore

/** Methods of all typed arrays that make another as large at most. */
const COPYING = ['slice', 'filter', 'toReversed', 'with'];

/** Methods that ask their arguments for a buffer, or may. */
const ASKING = [
  ['Crypto', 'getRandomValues'],
  ['TextDecoder', 'decode'],
  ['TextEncoder', 'encodeInto'],
] as const;

/** Longer texts are reckoned with three bytes a unit before they are encoded. */
const TEXT_LENGTH_FREE = 65_536;
/** Engines keep typed arrays up to this size on their heap, which is not counted here. */
const ON_HEAP_BYTES = 64;
/** Over the limit by so little nothing is done: what an engine keeps beside the bytes is not looked at before. */
const OVERSHOOT_BYTES = 16 * 1024 * 1024;
/** Shorter lists are copied one by one. */
const SHORT_LENGTH = 64;

const byteLengthOfView = getterOf(TypedArray.prototype, 'byteLength');
const lengthOfView = getterOf(TypedArray.prototype, 'length');
const bufferOfView = getterOf(TypedArray.prototype, 'buffer');
const kindOfView = getterOf(TypedArray.prototype, Symbol.toStringTag);

/** Counts what is made on `scope` from here on. */
export function limitBuffers(scope: Record<string, unknown>, quota: Quota): void {
  const counter = new BufferCounter(quota);
  limitBufferConstructor(scope, 'ArrayBuffer', counter);
  limitBufferConstructor(scope, 'SharedArrayBuffer', counter);
  for (const name of TYPED_ARRAYS) limitTypedArray(scope, name, counter);
  limitMethods(scope, counter);
  limitSmallViews(scope, counter);
  limitClones(scope, quota);
  limitDrawings(scope, quota);
  limitStreams(scope);
  limitIntl(scope, quota);
  limitMembers(scope);
}

/** Knows what was counted within a call already, so that a method that uses a constructor is not counted twice. */
class BufferCounter {
  readonly quota: Quota;
  readonly #sampler: Sampler;
  #last: object | undefined;
  #watching = false;

  constructor(quota: Quota) {
    this.quota = quota;
    this.#sampler = new Sampler(quota, (made) =>
      isView(made) ? (apply(bufferOfView, made, []) as object) : made,
    );
  }

  /**
   * To be called with what a constructor made. Throws a RangeError where it is over the limit all the same: job code may
   * have run since its size was looked at, as a getter or a `valueOf`.
   */
  add(made: object, bytes: number): void {
    if (this.#watching) this.#last = made;
    this.#sampler.add(made, bytes + BUFFER_BYTES);
    if (this.quota.left < -OVERSHOOT_BYTES) this.quota.check(0);
  }

  /** Runs a native method, and counts its result unless a constructor did. */
  addResult(call: () => unknown): unknown {
    this.#watching = true;
    let made: unknown;
    try {
      made = call();
    } finally {
      this.#watching = false;
    }
    if (typeof made === 'object' && made !== null && this.#last !== made) {
      const bytes = byteLength(made);
      if (bytes !== undefined && bytes > ON_HEAP_BYTES) this.add(made, bytes);
    }
    this.#last = undefined;
    return made;
  }
}

/** Of a typed array, or what a buffer may grow to; undefined for anything else. Not fooled by what job code defines. */
function byteLength(value: object): number | undefined {
  if (!isView(value)) return allocatedBytes(value);
  return isTyped(value) ? (apply(byteLengthOfView, value, []) as number) : 0;
}

function limitBufferConstructor(scope: Record<string, unknown>, name: string, counter: BufferCounter): void {
  const Native = scope[name] as AnyConstructor | undefined;
  if (Native === undefined) return;
  wrapConstructor(scope, name, Native, (args, newTarget) => {
    const length = NUMBER(args[0] ?? 0);
    const options = args[1] as { maxByteLength?: unknown } | null | undefined;
    const most = typeof options === 'object' ? options?.maxByteLength : undefined;
    const max = most === undefined ? undefined : NUMBER(most);
    // The engine refuses it, and no memory is looked for.
    if (max !== undefined && max < length) return construct(Native, [1, { maxByteLength: 0 }]) as object;
    const bytes = max !== undefined && max > length ? max : length;
    if (bytes > 0) counter.quota.check(bytes);
    const given = max === undefined ? [length] : [length, { maxByteLength: max }];
    const made = construct(Native, given, newTarget) as object;
    counter.add(made, bytes > 0 ? bytes : 0);
    return made;
  });
}

function limitTypedArray(scope: Record<string, unknown>, name: string, counter: BufferCounter): void {
  const Native = scope[name] as (AnyConstructor & { BYTES_PER_ELEMENT: number }) | undefined;
  if (Native === undefined) return;
  const width = Native.BYTES_PER_ELEMENT;
  const fromList = (source: object): object => {
    // A copy, since it could tell us another length than it tells the engine, and so could what iterates over it.
    const list = arrayFrom(source as ArrayLike<unknown>);
    const { length } = list;
    const bytes = length * width;
    if (length <= SHORT_LENGTH) {
      const made = construct(Native, [length]) as Record<number, unknown>;
      for (let i = 0; i < length; i++) made[i] = list[i];
      if (bytes > ON_HEAP_BYTES) counter.add(made, bytes);
      return made;
    }
    defineProperty(list, iterator, { value: undefined });
    // Its elements may be objects, whose `valueOf` finds the memory taken already.
    const done = bytes > ON_HEAP_BYTES ? counter.quota.reserve(bytes) : undefined;
    let made: object;
    try {
      made = construct(Native, [list]) as object;
    } finally {
      done?.();
    }
    if (bytes > ON_HEAP_BYTES) counter.add(made, bytes);
    return made;
  };
  const lengthFree = ON_HEAP_BYTES / width;
  wrapConstructor(scope, name, Native, (args, newTarget) => {
    const first = args[0];
    // Most are as small as this, and made often.
    if (typeof first === 'number' && first <= lengthFree) return new Native(first) as object;
    let given = args;
    if (typeof first === 'object' && first !== null) {
      if (isBuffer(first)) return new Native(first, args[1], args[2]) as object;
      if (!isView(first)) return fromList(first);
      counter.quota.check((apply(lengthOfView, first, []) as number) * width);
      given = [first];
    } else if (typeof first === 'number' || typeof first === 'string') {
      const bytes = NUMBER(first) * width;
      if (bytes > ON_HEAP_BYTES) counter.quota.check(bytes);
    }
    const made = construct(Native, given, newTarget) as object;
    const bytes = apply(byteLengthOfView, made, []) as number;
    if (bytes > ON_HEAP_BYTES) counter.add(made, bytes);
    return made;
  });
}

function isBuffer(value: object): boolean {
  // To look at an array as at a buffer costs an exception.
  return !isView(value) && !isArray(value) && bufferOf(value) !== undefined;
}

function limitMethods(scope: Record<string, unknown>, counter: BufferCounter): void {
  const { quota } = counter;
  const count = (
    holder: object | undefined,
    name: string,
    size: (self: unknown, args: unknown[]) => number,
  ) =>
    wrapMethod(holder, name, (native, self, args) => {
      const bytes = size(self, args);
      if (bytes > ON_HEAP_BYTES) quota.check(bytes);
      return counter.addResult(() => apply(native, self, args));
    });
  const own = (self: unknown): number =>
    typeof self === 'object' && self !== null ? (byteLength(self) ?? 0) : 0;
  const given = (self: unknown, args: unknown[]): number =>
    args[0] === undefined ? own(self) : (args[0] = NUMBER(args[0]));
  // Such a buffer keeps its maximum.
  const kept = (self: unknown, args: unknown[]): number => {
    const [most, length] = [own(self), given(self, args)];
    return length > most ? length : most;
  };
  const text = (_self: unknown, args: unknown[]): number => {
    if (args.length > 0 && typeof args[0] !== 'string') args[0] = `${args[0] as string}`;
    const { length } = (args[0] ?? '') as string;
    return length > TEXT_LENGTH_FREE ? length * 3 : length;
  };
  for (const name of COPYING) count(TypedArray.prototype, name, own);
  limitCallbacks(scope, quota);
  count(ArrayBuffer.prototype, 'slice', own);
  const move = (name: string, size: (self: unknown, args: unknown[]) => number) =>
    wrapMethod(ArrayBuffer.prototype, name, (native, self, args) => {
      const bytes = size(self, args);
      const before = own(self);
      // The same size is not copied.
      if (bytes !== before) quota.check(bytes);
      const made = apply(native, self, args) as object;
      moveOn(self as object, made, before, quota);
      return made;
    });
  move('transfer', kept);
  move('transferToFixedLength', given);
  count(NativeShared?.prototype as object | undefined, 'slice', own);
  count(scope['Uint8Array'] as object, 'fromBase64', text);
  count(scope['Uint8Array'] as object, 'fromHex', text);
  const Encoder = scope['TextEncoder'] as AnyConstructor | undefined;
  count(Encoder?.prototype as object | undefined, 'encode', text);
}

/** Small arrays are the heap's until somebody asks for their buffer: an engine makes it then, beside its heap. */
function limitSmallViews(scope: Record<string, unknown>, counter: BufferCounter): void {
  const seen = new WeakTable<boolean>();
  const see = (view: object, buffer: object): void => {
    if ((apply(byteLengthOfView, view, []) as number) > ON_HEAP_BYTES) return;
    const bytes = allocatedBytes(buffer) ?? 0;
    if (bytes > ON_HEAP_BYTES || seen.get(buffer) === true) return;
    counter.quota.check(bytes + BUFFER_BYTES);
    seen.set(buffer, true);
    counter.add(buffer, bytes);
  };
  watchViews(see);
  const prototype = TypedArray.prototype;
  const ours = {
    get buffer(): unknown {
      const buffer = apply(bufferOfView, this, []) as object;
      see(this, buffer);
      return buffer;
    },
  };
  const descriptor = getOwnPropertyDescriptor(prototype, 'buffer')!;
  defineProperty(prototype, 'buffer', { ...descriptor, get: getterOf(ours, 'buffer') });
  // These ask for it themselves.
  const look = (item: unknown): void => {
    if (isTyped(item)) see(item, apply(bufferOfView, item, []) as object);
  };
  const asks = (holder: object | undefined, name: string): void =>
    wrapMethod(holder, name, (native, self, args) => {
      look(self);
      for (let i = 0; i < args.length; i++) look(args[i]);
      return apply(native, self, args);
    });
  asks(prototype, 'subarray');
  for (const [name, method] of ASKING)
    asks((scope[name] as AnyConstructor | undefined)?.prototype as object, method);
}

/** Where job code is called while the result is being made, the result is counted before. */
function limitCallbacks(scope: Record<string, unknown>, quota: Quota): void {
  const kinds = Object.create(null) as Record<string, AnyConstructor>;
  for (const name of TYPED_ARRAYS) kinds[name] = scope[name] as AnyConstructor;
  const prototype = TypedArray.prototype;
  const sort = methodOf(prototype, 'sort');
  /** A copy of the same kind by a constructor that counts, whatever the array says of its own. */
  const copy = (self: object): Record<number, unknown> => {
    quota.check(apply(byteLengthOfView, self, []) as number);
    return construct(kinds[apply(kindOfView, self, []) as string]!, [self]) as Record<number, unknown>;
  };
  wrapMethod(prototype, 'map', (native, self, args) => {
    const [call, that] = args;
    if (!isTyped(self) || typeof call !== 'function') return apply(native, self, args);
    const made = copy(self);
    const length = apply(lengthOfView, self, []) as number;
    const from = self as Record<number, unknown>;
    for (let i = 0; i < length; i++) made[i] = apply(call, that, [from[i], i, self]);
    return made;
  });
  wrapMethod(prototype, 'toSorted', (native, self, args) => {
    const [compare] = args;
    if (!isTyped(self) || typeof compare !== 'function') return apply(native, self, args);
    return apply(sort, copy(self), [compare]);
  });
}

function isTyped(value: unknown): value is object {
  return isView(value) && apply(kindOfView, value, []) !== undefined;
}
