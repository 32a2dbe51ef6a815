/**
 * What every sandbox lets an honest program do, whatever it makes and forgets: no garbage counts against it, and the
 * platform's own functions are as they are elsewhere.
 * @module
 */
import { expect, it } from 'vitest';
import { assemble } from '../fixtures/wat.js';
import type { StartSandbox } from './worktime-fixture.js';

/** A hash that fills its memory of 19 MiB, as argon2id does with its usual parameters, and gives a sum of it. */
const MEMORY_HARD = `(module (memory (export "memory") 1)
  (func (export "hash") (param $seed i32) (result i32) (local $at i32) (local $sum i32)
    i32.const 303 memory.grow i32.const -1 i32.eq if unreachable end
    loop
      local.get $at local.get $seed local.get $at i32.add i32.store
      local.get $sum local.get $at i32.load i32.xor local.set $sum
      local.get $at i32.const 1024 i32.add local.tee $at
      i32.const 19922944 i32.lt_u br_if 0
    end
    local.get $sum))`;
/** All of it in deep runs; the rest of the time as much as failed at once before garbage was told from what is held. */
const IS_DEEP = process.env.DEEP === '1';
const HASHES = IS_DEEP ? 200 : 80;
const INSTANCES = IS_DEEP ? 100_000 : 10_000;

/** Each gives \`true\`, or says by its error what it was refused. */
const HONEST: Readonly<Record<string, string>> = {
  'makes and forgets 100 GB of buffers in one turn': `() => {
    let made = 0;
    while (made < 100e9) made += new Uint8Array(2 ** 26).length;
    return made >= 100e9;
  }`,
  'fills and forgets buffers of 32 MiB': `() => {
    let sum = 0;
    for (let i = 0; i < 60; i++) sum += new Uint8Array(2 ** 25).fill(1)[i];
    return sum === 60;
  }`,
  'makes and forgets a grid in each of many steps': `() => {
    let grid = new Float64Array(2 ** 16).fill(1);
    for (let step = 0; step < 4_000; step++) { const next = new Float64Array(2 ** 16); next[0] = grid[0] + 1; grid = next; }
    return grid[0] === 4_001;
  }`,
  'makes and forgets 3 GB of small buffers, lists, parts and copies': `() => {
    const list = Array.from({ length: 8_192 }, (_, i) => i);
    const from = new Float64Array(list);
    for (let i = 0; i < 20_000; i++) from.slice();
    for (let i = 0; i < 4_000; i++) new Float64Array(list);
    for (let i = 0; i < 2_000; i++) structuredClone(from);
    for (let i = 0; i < 400_000; i++) from.subarray(i % 100).buffer;
    return true;
  }`,
  'holds a buffer of 700 MiB and takes small parts of it': `() => {
    const one = new Uint8Array(700 * 2 ** 20);
    for (let i = 0; i < 20; i++) if (one.slice(0, 10).length !== 10 || one.buffer.slice(5, 9).byteLength !== 4) return false;
    return true;
  }`,
  'sends itself messages with 3 GB of buffers, copied and transferred': `async () => {
    const { port1, port2 } = new MessageChannel();
    let length = 0;
    for (let i = 0; i < 200; i++) {
      const came = new Promise((resolve) => { port2.onmessage = ({ data }) => resolve(data); });
      const own = new Uint8Array(2 ** 24);
      port1.postMessage(own, i % 2 === 0 ? [own.buffer] : []);
      length += (await came).length;
    }
    port1.close();
    port2.close();
    return length === 200 * 2 ** 24;
  }`,
  'makes and forgets 2 GB of Blobs': `async () => {
    const one = new Uint8Array(2 ** 23).fill(7);
    for (let i = 0; i < 250; i++) {
      const blob = new Blob([one, 'text'], { type: 'A/b' });
      if (blob.size !== 2 ** 23 + 4 || blob.type !== 'a/b') return false;
    }
    const last = await new Blob([one, 'text']).slice(-5).arrayBuffer();
    return String(new Uint8Array(last)) === '7,116,101,120,116';
  }`,
  'makes and forgets 5,000 formatters': `() => {
    let last;
    for (let i = 0; i < 5_000; i++) last = new Intl.DateTimeFormat('en', { timeZone: 'UTC' });
    return last.format(0) === '1/1/1970' && Intl.NumberFormat.call(Intl, 'en').format(1) === '1';
  }`,
};

/** The same for what the platform's functions promise. */
const ORDINARY: Readonly<Record<string, string>> = {
  'clones more than a million objects': `() => structuredClone(Array.from({ length: 1_200_000 }, () => [])).length === 1_200_000`,
  'clones what getters give, also with a transfer': `() => {
    const own = new ArrayBuffer(8);
    const copy = structuredClone({ get value() { return 7; }, own }, { transfer: [own] });
    return copy.value === 7 && copy.own.byteLength === 8 && own.byteLength === 0;
  }`,
  'keeps the species of typed arrays': `() => {
    class Own extends Float64Array {}
    const one = new Own([1, 2]);
    const parts = [one.map((x) => x), one.slice(), one.subarray(1), one.filter(() => true)];
    return parts.every((part) => part instanceof Own) && one.map((x) => x + 1)[1] === 3;
  }`,
  'finds native functions': `() => {
    const isNative = (one) => /^\\s*function.*\\{\\s*\\[native code\\]\\s*\\}\\s*$/s.test(Function.prototype.toString.call(one));
    const { Memory, Module, Instance, instantiate } = WebAssembly;
    return [Float64Array, ArrayBuffer, Intl.DateTimeFormat, Memory, Module, Instance, instantiate].every(isNative) &&
      [Memory.name, Memory.length, Instance.name, instantiate.name].join() === 'Memory,1,Instance,instantiate';
  }`,
  'encodes nothing as nothing': `() => new TextEncoder().encode(undefined).length === 0`,
  'reads base 64 from texts only': `() => {
    if (Uint8Array.fromBase64 === undefined) return true;
    try { Uint8Array.fromBase64({ toString: () => 'AAAA' }); } catch (error) { return error instanceof TypeError; }
    return false;
  }`,
  'makes streams of bytes': `async () => {
    const stream = new ReadableStream({ type: 'bytes', start: (control) => { control.enqueue(new Uint8Array(3)); control.close(); } });
    return (await stream.getReader().read()).value.length === 3 && (await new Blob(['abc']).stream().getReader().read()).value.length === 3;
  }`,
  'has no memory that grows past 2 GiB': `() => {
    try { new WebAssembly.Memory({ initial: 32_769 }); } catch (error) {
      return error instanceof RangeError && error.message.includes('32768');
    }
    return false;
  }`,
}; // prettier-ignore

export function memorySuite(start: StartSandbox): void {
  it.each(Object.entries({ ...HONEST, ...ORDINARY }))('runs a program that %s', async (_name, source) => {
    expect(await (await start(source)).one(0)).toBe(true);
  });

  it('runs a program that makes and forgets instances of WebAssembly by the thousand in one turn', async () => {
    const bytes = await assemble(
      '(module (memory (export "memory") 1) (func (export "f") (result i32) i32.const 7))',
    );
    const sandbox = await start({
      source: `(count, bytes) => {
        const module = new WebAssembly.Module(bytes);
        let sum = 0;
        for (let i = 0; i < count; i++) sum += new WebAssembly.Instance(module).exports.f();
        return sum;
      }`,
      args: [bytes],
    });
    expect(await sandbox.one(INSTANCES)).toBe(7 * INSTANCES);
  });

  it(`runs ${HASHES} slices that each hash with a fresh WebAssembly memory of 19 MiB`, async () => {
    const sandbox = await start({
      source: `async (seed, bytes) => (await WebAssembly.instantiate(bytes)).instance.exports.hash(seed)`,
      args: [await assemble(MEMORY_HARD)],
    });
    const outcomes = await sandbox.run(Array.from({ length: HASHES }, (_, i) => i));
    for (const outcome of outcomes) expect(outcome).toEqual(expect.any(Number));
  });
}

/** For engines with 64-bit WebAssembly memories: Deno and Chromium; Node 20 has none. */
export function wideMemorySuite(start: StartSandbox): void {
  it('limits WebAssembly memories with 64-bit addresses to 2 GiB, as those with 32-bit addresses', async () => {
    const sandbox = await start(`() => {
      const PAGES_MAX = 32_768n;
      const module = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 4, 1, 7, 5, 1, 1, 109, 2, 0]);
      const isRefused = (make) => { try { make(); return false; } catch (error) { return error instanceof RangeError; } };
      const made = new WebAssembly.Memory({ address: 'i64', initial: 1n, maximum: 100_000n });
      const { m: defined } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports;
      return {
        growsWithinLimit: [made, defined].map((memory) => memory.grow(1n) === 1n),
        growsPastLimit: [made, defined].map((memory) => !isRefused(() => memory.grow(PAGES_MAX))),
        startsPastLimit: !isRefused(() => new WebAssembly.Memory({ address: 'i64', initial: PAGES_MAX + 1n })),
      };
    }`);
    expect(await sandbox.one(0)).toEqual({
      growsWithinLimit: [true, true],
      growsPastLimit: [false, false],
      startsPastLimit: false,
    });
  });
}
