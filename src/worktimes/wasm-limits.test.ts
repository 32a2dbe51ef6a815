/**
 * WebAssembly under its cap, with real modules in a fresh realm: whatever the entry, a memory grows no further.
 * @module
 */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Quota } from './quota.js';
import { limitWebAssembly } from './wasm-limits.js';

type Wasm = typeof WebAssembly;
const PAGE = 65_536;
const MiB = 1024 * 1024;
/** The first memory's part of 64 MiB, less what the module takes itself. */
const BESIDE_A_MODULE = 48 * MiB - PAGE;

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const EXPORT_MEMORY = [7, 5, 1, 1, 0x6d, 2, 0];
/** A module that defines memories with these limits (flags, then numbers) and exports the first as `m`. */
const defining = (...limits: number[][]): Uint8Array<ArrayBuffer> => {
  const payload = [limits.length, ...limits.flat()];
  return Uint8Array.from([...HEADER, 5, payload.length, ...payload, ...EXPORT_MEMORY]);
};
/** One page and no maximum. */
const ENDLESS = defining([0, 1]);
/** The same, whose function `g` grows it by its argument. */
const GROWING = Uint8Array.from([
  ...HEADER,
  ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 9, 2, 1, 0x6d, 2, 0, 1, 0x67, 0, 0],
  ...[10, 8, 1, 6, 0, 0x20, 0, 0x40, 0, 0x0b],
]); // prettier-ignore

function limited(bytes = 64 * MiB): { wasm: Wasm; quota: Quota } {
  const wasm = runInNewContext('WebAssembly') as Wasm;
  const quota = new Quota(bytes, 'WebAssembly memory');
  limitWebAssembly({ WebAssembly: wasm }, quota);
  return { wasm, quota };
}

/** Bytes that a memory reaches when it is grown as far as it goes. */
function grown(memory: WebAssembly.Memory): number {
  let step = 4_096;
  while (step >= 1) {
    try {
      memory.grow(step);
    } catch {
      step = Math.floor(step / 2);
    }
  }
  return memory.buffer.byteLength;
}

const memoryOf = (instance: WebAssembly.Instance): WebAssembly.Memory =>
  instance.exports['m'] as WebAssembly.Memory;

const ENTRIES: Record<string, (wasm: Wasm, bytes: BufferSource) => Promise<WebAssembly.Memory>> = {
  'new Module, new Instance': async (wasm, bytes) => memoryOf(new wasm.Instance(new wasm.Module(bytes))),
  'compile, instantiate': async (wasm, bytes) => memoryOf(await wasm.instantiate(await wasm.compile(bytes))),
  'instantiate of bytes': async (wasm, bytes) => memoryOf((await wasm.instantiate(bytes)).instance),
  'instantiateStreaming': async (wasm, bytes) =>
    memoryOf((await wasm.instantiateStreaming({ arrayBuffer: async () => bytes } as unknown as Response)).instance),
  'compileStreaming': async (wasm, bytes) =>
    memoryOf(
      await wasm.instantiate(
        await wasm.compileStreaming({ arrayBuffer: async () => bytes } as unknown as Response),
      ),
    ),
  'the constructor that an object leads to': async (wasm, bytes) => {
    const module = new wasm.Module(bytes);
    const Module = Object.getPrototypeOf(module).constructor as Wasm['Module'];
    return memoryOf(new wasm.Instance(new Module(bytes)));
  },
}; // prettier-ignore

describe('a memory', () => {
  for (const [name, make] of Object.entries(ENTRIES)) {
    it(`stays under the cap by ${name}`, async () => {
      expect(grown(await make(limited().wasm, ENDLESS))).toBe(BESIDE_A_MODULE);
      expect(grown(await make(limited().wasm, defining([1, 1, 0x80, 0x80, 0x04])))).toBe(BESIDE_A_MODULE);
    });
  }

  it('keeps the maximum that it says itself', async () => {
    const { wasm } = limited();
    expect(grown(memoryOf(new wasm.Instance(new wasm.Module(defining([1, 1, 3])))))).toBe(3 * PAGE);
    expect(grown(new wasm.Memory({ initial: 1, maximum: 5 }))).toBe(5 * PAGE);
  });

  it('stays under the cap by the constructor, shared or grown by code', async () => {
    expect(grown(new (limited().wasm.Memory)({ initial: 1 }))).toBe(48 * MiB);
    expect(grown(new (limited().wasm.Memory)({ initial: 1, maximum: 65_536, shared: true }))).toBe(48 * MiB);
    const { wasm } = limited();
    const { g } = new wasm.Instance(new wasm.Module(GROWING)).exports as { g(pages: number): number };
    expect([g(766), g(1)]).toEqual([1, -1]);
  });

  it('is refused where its minimum is over the cap', async () => {
    const { wasm } = limited(2 * PAGE - 1);
    const module = new wasm.Module(defining([0, 2]));
    expect(() => new wasm.Instance(module)).toThrow(RangeError);
    await expect(wasm.instantiate(module)).rejects.toThrow(RangeError);
    expect(() => new wasm.Memory({ initial: 2 })).toThrow(RangeError);
  });

  it('shares the cap with all others of its sandbox', () => {
    const { wasm, quota } = limited();
    const memories: WebAssembly.Memory[] = [];
    const makeAll = (): void => {
      for (;;) memories.push(new wasm.Memory({ initial: 1 }));
    };
    expect(makeAll).toThrow(RangeError);
    expect(memories.length).toBeGreaterThan(15);
    const sum = memories.reduce((bytes, memory) => bytes + grown(memory), 0);
    expect(sum).toBeLessThanOrEqual(64 * MiB);
    expect(quota.used).toBe(sum);
  });

  it('leaves less where modules and instances are many', () => {
    const { wasm, quota } = limited();
    const bytes = Uint8Array.from([...HEADER, 0, 0x80, 0x80, 0x40, 1, 97, ...new Uint8Array(MiB - 2)]);
    const modules: WebAssembly.Module[] = [];
    expect(() => {
      for (;;) modules.push(new wasm.Module(bytes));
    }).toThrow(RangeError);
    expect(modules).toHaveLength(15);
    expect(quota.used).toBeGreaterThan(60 * MiB);
    const globals = Uint8Array.from([...HEADER, 6, 6, 1, 0x7e, 1, 0x42, 0, 0x0b]);
    const other = limited();
    const module = new other.wasm.Module(globals);
    const before = other.quota.used;
    const instance = new other.wasm.Instance(module);
    expect([instance !== undefined, other.quota.used - before]).toEqual([true, 6 * 8]);
  });

  it('of 64 bits is bounded alike, where the engine has them', () => {
    const { wasm } = limited();
    if (!wasm.validate(defining([4, 1]))) return;
    const memory = memoryOf(new wasm.Instance(new wasm.Module(defining([4, 1]))));
    expect(() => memory.grow(100_000n as unknown as number)).toThrow(RangeError);
  });
});

describe('a module', () => {
  it('does not show what stands for its memory', () => {
    const { wasm } = limited();
    const module = new wasm.Module(ENDLESS);
    expect([wasm.Module.imports(module), wasm.Module.exports(module)]).toEqual([
      [],
      [{ name: 'm', kind: 'memory' }],
    ]);
  });

  it('is refused where it cannot be read, and validate says so', () => {
    const { wasm } = limited();
    const broken = [[], [1, 2, 3], [...HEADER, 5, 0xff, 0xff, 0x03], [...HEADER, 5, 4, 1, 8, 1, 16]];
    for (const bytes of broken) {
      expect(() => new wasm.Module(Uint8Array.from(bytes))).toThrow(wasm.CompileError);
      expect(wasm.validate(Uint8Array.from(bytes))).toBe(false);
    }
    expect(wasm.validate(ENDLESS)).toBe(true);
  });

  it('cannot have a table without bounds', () => {
    const { wasm } = limited();
    const table = Uint8Array.from([...HEADER, 4, 4, 1, 0x70, 0, 1, 7, 5, 1, 1, 0x74, 1, 0]);
    const { t } = new wasm.Instance(new wasm.Module(table)).exports as { t: WebAssembly.Table };
    expect(() => t.grow(1_000_000)).toThrow('grow');
    expect(() => new wasm.Table({ element: 'anyfunc', initial: 2_000_000 })).toThrow(RangeError);
    expect(() => new wasm.Table({ element: 'anyfunc', initial: 1 }).grow(1_000_000)).toThrow('grow');
  });
});
