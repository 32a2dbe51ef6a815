/**
 * The WebAssembly memories of a realm's job, for those who copy: how much of them there is to be copied. Code of the job
 * that runs in the midst of a copy could grow a memory and hand over its new buffer, again and again: the copier is told
 * of each buffer that is given out meanwhile.
 * @module
 */
import { allocatedBytes } from './buffer-sizes.js';
import { getterOf, methodOf, wrapMethod, type AnyMethod } from './wrap-native.js';

const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
const { Set, WeakRef, FinalizationRegistry } = globalThis;
const addMember = methodOf(Set.prototype, 'add');
const deleteMember = methodOf(Set.prototype, 'delete');
const forEachMember = methodOf(Set.prototype, 'forEach');
const sizeOf = getterOf(Set.prototype, 'size');
const deref = methodOf(WeakRef.prototype, 'deref');
const register = methodOf(FinalizationRegistry.prototype, 'register');

/** To look at a reference keeps its target for the turn: where there are more memories, none is looked at. */
const SEEN_MAX = 8;

const memories = new Set<WeakRef<object>>();
const forgotten = new FinalizationRegistry<WeakRef<object>>((ref) => {
  apply(deleteMember, memories, [ref]);
});
let bufferOf: AnyMethod | undefined;
let copier: ((bytes: number) => void) | undefined;

/** To be called once with the prototype of memories, before job code gets one. */
export function watchMemories(prototype: object): void {
  const native = getterOf(prototype, 'buffer');
  bufferOf = native;
  const told = (buffer: unknown): unknown => {
    if (copier !== undefined) copier(allocatedBytes(buffer as object) ?? 0);
    return buffer;
  };
  const ours = {
    get buffer(): unknown {
      return told(apply(native, this, []));
    },
  };
  const descriptor = getOwnPropertyDescriptor(prototype, 'buffer')!;
  defineProperty(prototype, 'buffer', { ...descriptor, get: getterOf(ours, 'buffer') });
  for (const name of ['toResizableBuffer', 'toFixedLengthBuffer'])
    wrapMethod(prototype, name, (method, self, args) => told(apply(method, self, args)));
}

/** A memory was made. */
export function rememberMemory(memory: object): void {
  const ref = new WeakRef(memory);
  apply(addMember, memories, [ref]);
  apply(register, forgotten, [memory, ref]);
}

/** Bytes of all memories that live, by what their buffers may hold, or more. */
export function memoryBytes(): number {
  if ((apply(sizeOf, memories, []) as number) > SEEN_MAX) return Infinity;
  let bytes = 0;
  const add = (ref: unknown): void => {
    const memory = apply(deref, ref, []);
    if (memory !== undefined) bytes += allocatedBytes(apply(bufferOf!, memory, []) as object) ?? 0;
  };
  apply(forEachMember, memories, [add]);
  return bytes;
}

/** Runs `copy`; `tell` hears the bytes of each buffer of a memory that is given out in it, and may throw. */
export function whileCopying<T>(tell: (bytes: number) => void, copy: () => T): T {
  const before = copier;
  copier = (bytes) => {
    tell(bytes);
    before?.(bytes);
  };
  try {
    return copy();
  } finally {
    copier = before;
  }
}
