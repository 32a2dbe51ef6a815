/**
 * Methods, getters and constructors of the realm, captured before job code runs: job code may replace each of them. Every
 * script that is bundled with this module captures its own when it starts.
 * @module
 */
export type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

type Bytes = Uint8Array<ArrayBuffer>;

export const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
export const { DOMException, RangeError, TypeError } = globalThis;
/** Under other names, since the originals are names of types too. */
export const { Uint8Array: OwnBytes, ArrayBuffer: OwnBuffer, Promise: OwnPromise } = globalThis;
export const isView = ArrayBuffer.isView.bind(ArrayBuffer);

/** The current getter of a property; one that returns undefined where there is none. */
export function getterOf(holder: object, key: string | symbol): AnyMethod {
  return getOwnPropertyDescriptor(holder, key)?.get ?? (() => undefined);
}

/** The current method, to be called by `apply`. */
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

/** Copies `from` into `to` at index `at`. @throws RangeError where it does not fit */
export function putBytes(to: Uint8Array, from: Uint8Array, at: number): void {
  apply(setBytes, to, [from, at]);
}

/** A copy with a buffer of its own. */
export function copyBytes(bytes: Uint8Array): Bytes {
  const copy = new OwnBytes(lengthOf(bytes));
  putBytes(copy, bytes, 0);
  return copy;
}

/** Whether a value is an ArrayBuffer of any realm; false for a SharedArrayBuffer. */
export function isBuffer(value: unknown): value is ArrayBuffer {
  try {
    apply(lengthOfBuffer, value, []);
    return true;
  } catch {
    return false;
  }
}

/** The byte length of an ArrayBuffer or SharedArrayBuffer; a realm may hide the class of the latter. */
export function bufferLength(buffer: unknown): number {
  return isBuffer(buffer)
    ? (apply(lengthOfBuffer, buffer, []) as number)
    : lengthOf(new OwnBytes(buffer as ArrayBuffer));
}

/** The bytes of a view or a buffer, not copied; undefined for anything else. Reads no own property of the value. */
export function bytesOf(value: unknown): Bytes | undefined {
  if (!isView(value)) return isBuffer(value) ? new OwnBytes(value) : undefined;
  const read = apply(kindOfTyped, value, []) === undefined ? dataView : typed;
  const buffer = apply(read.buffer, value, []) as ArrayBuffer;
  const offset = apply(read.offset, value, []) as number;
  return new OwnBytes(buffer, offset, apply(read.length, value, []) as number);
}
