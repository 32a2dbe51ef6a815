/**
 * Copies in a realm whose job has memories of WebAssembly: they go as elsewhere, and none is larger than what may be.
 * @module
 */
import { expect, it } from 'vitest';
import { limitBuffers } from './buffer-quota.js';
import { Quota } from './quota.js';
import { limitWebAssembly } from './wasm-limits.js';

const MiB = 2 ** 20;
const PAGES_A_MIB = 16;
const realm = globalThis as unknown as Record<string, unknown>;
limitBuffers(realm, new Quota(64 * MiB, 'Buffers', MiB));
limitWebAssembly(realm, new Quota(256 * MiB, 'WebAssembly memory'));
const memory = new WebAssembly.Memory({ initial: 10 * PAGES_A_MIB });

it('an accessor is copied by its value, as where there is no WebAssembly', () => {
  expect(structuredClone({ get a() { return 4; } })).toEqual({ a: 4 }); // prettier-ignore
});

it('a memory is copied where there is room for it', () => {
  expect(structuredClone(memory.buffer).byteLength).toBe(10 * MiB);
});

it('one memory is not copied many times in one copy', () => {
  let given = 0;
  const value: Record<string, unknown> = {};
  const get = (): unknown => {
    memory.grow(0);
    const { buffer } = memory;
    given++;
    return buffer;
  };
  for (let i = 0; i < 30; i++) Object.defineProperty(value, `part${i}`, { enumerable: true, get });
  expect(() => structuredClone(value)).toThrow(RangeError);
  expect(given).toBeLessThan(7);
});

it('a memory that has grown since is looked at as it is', () => {
  memory.grow(60 * PAGES_A_MIB);
  const disguised: object = memory.buffer;
  Object.setPrototypeOf(disguised, Object.prototype);
  expect(() => structuredClone({ disguised })).toThrow(RangeError);
});
