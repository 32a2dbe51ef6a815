/**
 * Reads sizes of buffers, views and pictures by getters that were taken before job code could tamper with them.
 * @module
 */
import type { Quota } from './quota.js';
import { getterOf, type AnyConstructor, type AnyMethod } from './wrap-native.js';

const { apply, deleteProperty, getPrototypeOf } = Reflect;
const isView = ArrayBuffer.isView.bind(ArrayBuffer);

/** Where a browser hides the global, only WebAssembly makes such buffers: see `knowShared`. */
export const NativeShared = globalThis.SharedArrayBuffer as AnyConstructor | undefined;

const typedBuffer = getterOf(getPrototypeOf(Uint8Array.prototype)!, 'buffer');
const dataViewBuffer = getterOf(DataView.prototype, 'buffer');
const bufferLength = getterOf(ArrayBuffer.prototype, 'byteLength');
const bufferMax = getterOf(ArrayBuffer.prototype, 'maxByteLength');
let sharedLength: AnyMethod | undefined;
let sharedMax: AnyMethod | undefined;
if (NativeShared !== undefined) readSharedBy(NativeShared.prototype as object);
const PICTURES = ['ImageData', 'ImageBitmap', 'OffscreenCanvas'].flatMap((name) => {
  const found = (globalThis as Record<string, unknown>)[name] as { prototype: object } | undefined;
  if (found === undefined) return [];
  return [{ width: getterOf(found.prototype, 'width'), height: getterOf(found.prototype, 'height') }];
});
const PIXEL_BYTES = 4;
/** What an engine keeps beside its heap for a buffer of any size, measured in Chromium 156: many small ones are large. */
export const BUFFER_BYTES = 256;
let tell: ((view: object, buffer: object) => void) | undefined;

function readSharedBy(prototype: object): void {
  sharedLength = getterOf(prototype, 'byteLength');
  sharedMax = getterOf(prototype, 'maxByteLength');
}

/**
 * To be told of each shared memory's buffer before job code gets it: where the global is hidden, the first one brings
 * its constructor and its `slice` into the realm, which would make buffers that nobody counts.
 */
export function knowShared(buffer: object): void {
  if (sharedLength !== undefined) return;
  const prototype = getPrototypeOf(buffer)!;
  readSharedBy(prototype);
  deleteProperty(prototype, 'constructor');
  deleteProperty(prototype, 'slice');
}

function read(getter: AnyMethod | undefined, item: object): number | undefined {
  if (getter === undefined) return undefined;
  try {
    const value = apply(getter, item, []);
    return typeof value === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The buffer of a view, or the buffer itself; undefined for anything else. */
export function bufferOf(item: object): object | undefined {
  if (!isView(item)) return read(bufferLength, item) !== undefined || isShared(item) ? item : undefined;
  let buffer: object;
  try {
    buffer = apply(typedBuffer, item, []) as object;
  } catch {
    return apply(dataViewBuffer, item, []) as object;
  }
  tell?.(item, buffer);
  return buffer;
}

/** `told` hears of each typed array whose buffer is asked for: small ones get theirs only then. */
export function watchViews(told: (view: object, buffer: object) => void): void {
  tell = told;
}

export function isShared(item: object): boolean {
  return read(sharedLength, item) !== undefined;
}

/** Bytes that a buffer can come to hold: its maximum where it can be resized. Undefined for what is no buffer. */
export function allocatedBytes(buffer: object): number | undefined {
  const length = read(bufferLength, buffer);
  if (length !== undefined) return read(bufferMax, buffer) ?? length;
  return read(sharedMax, buffer) ?? read(sharedLength, buffer);
}

/** After a transfer to one's own realm: what the buffer held, of `before` bytes, is held by its successor. */
export function moveOn(buffer: object, successor: object, before: number, quota: Quota): void {
  const now = allocatedBytes(successor) ?? 0;
  quota.move(buffer, successor, before > now ? before - now : 0);
  // Not by a sample, for which this one could be moved until it is drawn no more.
  if (now > before) quota.hold(successor, now - before);
}

/** After a transfer to elsewhere, which was counted for ever: an emptied buffer holds nothing. */
export function letGo(buffer: object, quota: Quota): void {
  if (allocatedBytes(buffer) === 0) quota.releaseAll(buffer);
}

/** Bytes of a picture's pixels; undefined for what is no picture. */
export function pictureBytes(item: object): number | undefined {
  for (let i = 0; i < PICTURES.length; i++) {
    const width = read(PICTURES[i]!.width, item);
    if (width !== undefined) return width * (read(PICTURES[i]!.height, item) ?? 0) * PIXEL_BYTES;
  }
  return undefined;
}
