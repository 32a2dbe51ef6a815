/**
 * What is used of the realm beside job code, as it is before that code comes: job code may replace every method, getter and
 * constructor, and what was taken here stays. Each script that is bundled with this module takes its own when it begins.
 * @module
 */
export type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

type Bytes = Uint8Array<ArrayBuffer>;

export const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
export const { DOMException, RangeError, TypeError } = globalThis;
/** Under other names, since these are types too. */
export const { Uint8Array: OwnBytes, ArrayBuffer: OwnBuffer, Promise: OwnPromise } = globalThis;
export const isView = ArrayBuffer.isView.bind(ArrayBuffer);

/** The getter of a property as it is now; one that gives undefined where there is none. */
export function getterOf(holder: object, key: string | symbol): AnyMethod {
  return getOwnPropertyDescriptor(holder, key)?.get ?? (() => undefined);
}

/** A method as it is now, to be called by `apply`. */
export function methodOf(holder: object, key: string): AnyMethod {
  return (holder as Record<string, AnyMethod>)[key]!;
}

const typedPrototype = getPrototypeOf(OwnBytes.prototype)!;
const typed = {
  buffer: getterOf(typedPrototype, 'buffer'),
  offset: getterOf(typedPrototype, 'byteOffset'),
  length: getterOf(typedPrototype, 'byteLength'),
};
const dataView = {
  buffer: getterOf(DataView.prototype, 'buffer'),
  offset: getterOf(DataView.prototype, 'byteOffset'),
  length: getterOf(DataView.prototype, 'byteLength'),
};
const kindOfTyped = getterOf(typedPrototype, Symbol.toStringTag);
const lengthOfBuffer = getterOf(OwnBuffer.prototype, 'byteLength');
const setBytes = methodOf(OwnBytes.prototype, 'set');

export const lengthOf = (bytes: Uint8Array): number => apply(typed.length, bytes, []) as number;
export const bufferOf = (bytes: Uint8Array): ArrayBuffer => apply(typed.buffer, bytes, []) as ArrayBuffer;
export const offsetOf = (bytes: Uint8Array): number => apply(typed.offset, bytes, []) as number;

/** Puts `from` into `to` at a place. Throws a RangeError where it does not fit. */
export function putBytes(to: Uint8Array, from: Uint8Array, at: number): void {
  apply(setBytes, to, [from, at]);
}

/** A copy with a buffer of its own. */
export function copyBytes(bytes: Uint8Array): Bytes {
  const copy = new OwnBytes(lengthOf(bytes));
  putBytes(copy, bytes, 0);
  return copy;
}

/** Whether it is an ArrayBuffer, of this realm or another; a shared one is none. */
export function isBuffer(value: unknown): value is ArrayBuffer {
  try {
    apply(lengthOfBuffer, value, []);
    return true;
  } catch {
    return false;
  }
}

/** The length of a buffer, which may be shared: those have a getter of their own, if the realm has them at all. */
export function bufferLength(buffer: unknown): number {
  return isBuffer(buffer)
    ? (apply(lengthOfBuffer, buffer, []) as number)
    : lengthOf(new OwnBytes(buffer as ArrayBuffer));
}

/** The bytes of a view or a buffer, in place; undefined for anything else. Nothing of the value's own is asked. */
export function bytesOf(value: unknown): Bytes | undefined {
  if (!isView(value)) return isBuffer(value) ? new OwnBytes(value) : undefined;
  const read = apply(kindOfTyped, value, []) === undefined ? dataView : typed;
  const buffer = apply(read.buffer, value, []) as ArrayBuffer;
  const offset = apply(read.offset, value, []) as number;
  return new OwnBytes(buffer, offset, apply(read.length, value, []) as number);
}
