/**
 * The limit of WebAssembly memories, with real modules in a new realm, by every function that makes a memory.
 * @module
 */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { limitWebAssembly } from './wasm-limits.js';

type Wasm = typeof WebAssembly;
const PAGE = 65_536;
const MiB = 1024 * 1024;
const CAP = 64 * MiB;

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const EXPORT_MEMORY = [7, 5, 1, 1, 0x6d, 2, 0];
/** A module that defines memories with these limits (flags, then numbers) and exports the first one as `m`. */
const defining = (...limits: number[][]): Uint8Array<ArrayBuffer> => {
  const payload = [limits.length, ...limits.flat()];
  return Uint8Array.from([...HEADER, 5, payload.length, ...payload, ...EXPORT_MEMORY]);
};
/** One page and no maximum. */
const UNBOUNDED = defining([0, 1]);
/** The same, whose function `g` grows it by its argument. */
const GROWING = Uint8Array.from([
  ...HEADER,
  ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
  ...[3, 2, 1, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 9, 2, 1, 0x6d, 2, 0, 1, 0x67, 0, 0],
  ...[10, 8, 1, 6, 0, 0x20, 0, 0x40, 0, 0x0b],
]); // prettier-ignore

function limited(bytes = CAP): Wasm {
  const wasm = runInNewContext('WebAssembly') as Wasm;
  limitWebAssembly({ WebAssembly: wasm }, bytes);
  return wasm;
}

/** Grows a memory as far as possible; returns its bytes. */
function growFully(memory: WebAssembly.Memory): number {
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

describe('a WebAssembly memory', () => {
  for (const [name, make] of Object.entries(ENTRIES)) {
    it(`stays under the cap by ${name}`, async () => {
      expect(growFully(await make(limited(), UNBOUNDED))).toBe(CAP);
      expect(growFully(await make(limited(), defining([1, 1, 0x80, 0x80, 0x04])))).toBe(CAP);
    });
  }

  it('keeps a declared maximum that is lower than the cap', async () => {
    const wasm = limited();
    expect(growFully(memoryOf(new wasm.Instance(new wasm.Module(defining([1, 1, 3])))))).toBe(3 * PAGE);
    expect(growFully(new wasm.Memory({ initial: 1, maximum: 5 }))).toBe(5 * PAGE);
  });

  it('stays under the cap when made by its constructor, when shared, and when grown by code', async () => {
    expect(growFully(new (limited().Memory)({ initial: 1 }))).toBe(CAP);
    expect(growFully(new (limited().Memory)({ initial: 1, maximum: 65_536, shared: true }))).toBe(CAP);
    const wasm = limited();
    const { g } = new wasm.Instance(new wasm.Module(GROWING)).exports as { g(pages: number): number };
    expect([g(1_023), g(1)]).toEqual([1, -1]);
  });

  it('is refused where its minimum is over the cap', async () => {
    const wasm = limited(2 * PAGE - 1);
    const text = 'it needs a memory of 2 pages, and 1 are the most here';
    expect(() => new wasm.Module(defining([0, 2]))).toThrow(text);
    await expect(wasm.instantiate(defining([1, 2, 2]))).rejects.toThrow(wasm.CompileError);
    expect(() => new wasm.Memory({ initial: 2 })).toThrow(RangeError);
  });

  it('is not refused because of other memories, reachable or not', () => {
    const wasm = limited();
    const module = new wasm.Module(UNBOUNDED);
    for (let i = 0; i < 3_000; i++) new wasm.Instance(module);
    const memories = Array.from({ length: 40 }, () => new wasm.Memory({ initial: 1 }));
    expect(memories.map((memory) => memory.grow(10))).toEqual(memories.map(() => 1));
  });

  it('with an invalid descriptor is refused with the error of the engine', () => {
    const [wasm, native] = [limited(), runInNewContext('WebAssembly') as Wasm];
    const wrong: unknown[] = [
      undefined, null, 7, {}, { initial: -1 }, { initial: 'x' }, { initial: 1n }, { initial: Symbol() },
      { initial: 70_000 }, { initial: 1, maximum: 70_000 }, { initial: 2, maximum: 1 }, { initial: 1, maximum: NaN },
      { initial: 1, shared: true },
    ]; // prettier-ignore
    for (const description of wrong) {
      const [ours, theirs] = [wasm, native].map((one) => thrown(() => new one.Memory(description as never)));
      expect(ours).toBe(theirs);
    }
    expect(thrown(() => (wasm.Memory as unknown as () => unknown)())).toBe(
      thrown(() => (native.Memory as unknown as () => unknown)()),
    );
  });

  it('reads each property of its descriptor once, so that a getter cannot return another value later', () => {
    const wasm = limited();
    let reads = 0;
    const sly = { initial: 1, get maximum() { return reads++ === 0 ? 2 : 60_000; } }; // prettier-ignore
    expect(growFully(new wasm.Memory(sly))).toBe(2 * PAGE);
  });
});

describe('a WebAssembly module', () => {
  it('that cannot be parsed, or that the engine would refuse, is refused, and is not valid', () => {
    const wasm = limited();
    const broken = [[], [1, 2, 3], [...HEADER, 5, 0xff, 0xff, 0x03], [...HEADER, 5, 4, 1, 8, 1, 16]];
    const second = [5, 3, 1, 0, 1];
    // More pages than 32 bits can address, a maximum below the minimum, and a shared memory without a maximum.
    const limits = [[1, 1, 0x81, 0x80, 0x04], [0, 0x81, 0x80, 0x04], [1, 3, 2], [2, 1]]; // prettier-ignore
    const refused = [...limits.map((limit) => [...defining(limit)]), [...HEADER, ...second, ...second]];
    for (const bytes of [...broken, ...refused]) {
      expect(() => new wasm.Module(Uint8Array.from(bytes))).toThrow(wasm.CompileError);
      expect(wasm.validate(Uint8Array.from(bytes))).toBe(false);
    }
    expect(wasm.validate(UNBOUNDED)).toBe(true);
  });

  it('may be bytes in shared memory, which are limited too, and nothing but bytes', () => {
    const wasm = limited();
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const shared = new Uint8Array(buffer, 0, UNBOUNDED.length);
    shared.set(UNBOUNDED);
    expect(growFully(memoryOf(new wasm.Instance(new wasm.Module(shared as never))))).toBe(CAP);
    for (const value of [[...UNBOUNDED], {}, null, 'x', undefined])
      expect(thrown(() => new wasm.Module(value as never))).toMatch(/^TypeError/);
  });

  it('may have several tables, of any size that the engine accepts', () => {
    const wasm = limited();
    const tables = Uint8Array.from([
      ...HEADER, 4, 9, 2, 0x70, 0, 0x80, 0x89, 0x7a, 0x70, 0, 1, 7, 5, 1, 1, 0x74, 1, 0,
    ]); // prettier-ignore
    const { t } = new wasm.Instance(new wasm.Module(tables)).exports as { t: WebAssembly.Table };
    expect([t.length, t.grow(100_000)]).toEqual([2_000_000, 2_000_000]);
    expect(new wasm.Table({ element: 'anyfunc', initial: 2_000_000 }).length).toBe(2_000_000);
  });
});

describe('a wrapped function of WebAssembly', () => {
  it('has the name, length, source text and errors of the native function', async () => {
    const [wasm, native] = [limited(), runInNewContext('WebAssembly') as Wasm];
    const text = Function.prototype.toString;
    for (const name of ['Module', 'Instance', 'Memory', 'compile', 'instantiate', 'validate'] as const) {
      const [ours, theirs] = [wasm[name], native[name]] as unknown as [() => unknown, () => unknown];
      expect([ours.name, ours.length]).toEqual([theirs.name, theirs.length]);
      expect(text.call(ours)).toMatch(/^function.*\{ \[native code\] \}$/);
    }
    for (const one of [{}, undefined, 7])
      expect(thrown(() => new wasm.Instance(one as never))).toBe(
        thrown(() => new native.Instance(one as never)),
      );
    await expect(wasm.instantiate(UNBOUNDED, 7 as never)).rejects.toThrow('must be an object');
    class Own extends wasm.Memory {}
    const own = new Own({ initial: 1 });
    expect([own instanceof Own, own instanceof wasm.Memory, wasm.Memory.prototype.constructor]).toEqual([
      true,
      true,
      wasm.Memory,
    ]);
  });

  it('is not affected by proxy traps that a job puts on Object.prototype', () => {
    const wasm = limited();
    const traps = Object.prototype as unknown as Record<string, unknown>;
    let reached: unknown;
    traps['get'] = (target: unknown) => (reached = target);
    let name: string;
    try {
      name = wasm.Memory.name;
    } finally {
      delete traps['get'];
    }
    expect([name, reached]).toEqual(['Memory', undefined]);
  });
});

/** The error that a call throws, by its type and message. */
function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}
