/**
 * Blobs under the quota: their bytes, which lie with the browser itself, and what is read out of them. A part of a blob
 * counts by itself, since it may outlive the whole.
 * @module
 */
import { allocatedBytes, bufferOf } from './buffer-sizes.js';
import type { Quota } from './quota.js';
import { getterOf, methodOf, wrapConstructor, wrapMethod, type AnyConstructor } from './wrap-native.js';

const { apply, construct } = Reflect;
const { isArray } = Array;
const arrayFrom = Array.from.bind(Array);
const then = methodOf(Promise.prototype, 'then');
const blobSize = typeof Blob === 'undefined' ? undefined : getterOf(Blob.prototype, 'size');

/** What the browser keeps for a blob without a byte, measured in Chromium 156. */
const BLOB_BYTES = 10_240;

/** What a blob is counted with; 0 for what is none. */
export function blobBytes(item: object): number {
  if (blobSize === undefined) return 0;
  try {
    const size = apply(blobSize, item, []);
    return typeof size === 'number' ? size + BLOB_BYTES : 0;
  } catch {
    return 0;
  }
}

export function limitBlobs(scope: Record<string, unknown>, quota: Quota): void {
  for (const name of ['Blob', 'File']) {
    const Native = scope[name] as AnyConstructor | undefined;
    if (Native === undefined) continue;
    wrapConstructor(scope, name, Native, (args) => {
      const parts =
        typeof args[0] === 'object' && args[0] !== null ? arrayFrom(args[0] as unknown[]) : args[0];
      let bytes = BLOB_BYTES;
      if (isArray(parts)) for (let i = 0; i < parts.length; i++) bytes += partSize(parts, i);
      const done = quota.reserve(bytes);
      try {
        const made = construct(Native, args.length === 0 ? [] : [parts, args[1], args[2]]) as object;
        quota.hold(made, bytes);
        return made;
      } finally {
        done();
      }
    });
  }
  const own = (scope['Blob'] as AnyConstructor | undefined)?.prototype as object | undefined;
  for (const name of ['arrayBuffer', 'bytes', 'text']) {
    wrapMethod(own, name, (native, self, args) => {
      const bytes = blobBytes(self as object);
      const done = quota.reserve(bytes);
      return settle(apply(native, self, args), done, (made) => {
        if (typeof made === 'object' && made !== null) quota.hold(bufferOf(made) ?? made, bytes);
      });
    });
  }
  wrapMethod(own, 'slice', (native, self, args) => {
    quota.check(BLOB_BYTES);
    const made = apply(native, self, args) as object;
    const bytes = blobBytes(made);
    quota.check(bytes);
    quota.hold(made, bytes);
    return made;
  });
}

/** Runs `done` when a promise of the platform is settled, and `keep` before anybody else sees its value. */
export function settle(promise: unknown, done: () => void, keep?: (made: unknown) => void): unknown {
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
    const bytes = blobBytes(part);
    if (bytes > 0) return bytes;
  }
  const text = typeof part === 'string' ? part : `${part as string}`;
  parts[i] = text;
  return text.length * 3;
}
