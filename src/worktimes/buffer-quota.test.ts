/**
 * Ways past the quota of buffers, tried in a realm that is limited: what a job holds is counted whichever way it
 * came by it.
 * @module
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitBuffers } from './buffer-quota.js';
import { Quota } from './quota.js';

const MiB = 2 ** 20;
/** What is counted for a buffer beside its bytes. */
const BUFFER_BYTES = 256;
const realm = globalThis as unknown as Record<string, unknown>;
const quota = new Quota(64 * MiB, 'Buffers', MiB);
limitBuffers(realm, quota);

const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;

/** All that the tests made: what is collected while a test counts would be given back in its sum. */
const held: unknown[] = [];
const hold = <T>(made: T): T => (held.push(made), made);

/** Bytes that are counted for what `make` gives. */
async function counted(make: () => unknown): Promise<number> {
  const before = quota.used;
  const made = hold(await make());
  return made === undefined ? NaN : quota.used - before;
}

/** Waits until there is room for `bytes`: an engine takes its time to collect what earlier tests forgot. */
async function room(bytes: number): Promise<void> {
  while (quota.left < bytes) {
    try {
      quota.check(bytes);
    } catch {
      await new Promise((next) => setImmediate(next));
    }
  }
}

describe('the quota of buffers', () => {
  // What a collection looked at in one turn is kept until the next.
  afterEach(() => new Promise((next) => setImmediate(next)));

  it('holds what was transferred once, for as long as its successor lives', async () => {
    const handedOn = (own: ArrayBuffer) => structuredClone({ own }, { transfer: [hold(own)] }).own;
    expect(await counted(() => handedOn(new ArrayBuffer(MiB)))).toBe(MiB + BUFFER_BYTES);
    expect(await counted(() => handedOn(new Resizable(MiB, { maxByteLength: 3 * MiB })))).toBe(
      3 * MiB + BUFFER_BYTES,
    );
  });

  it('counts each small buffer alike, so that nobody finds out, and transfers or drops, those that count for others', () => {
    const SIZE = 10_000;
    const before = quota.used;
    for (let i = 1; i <= 300; i++) {
      let one = new ArrayBuffer(SIZE);
      for (let j = 0; j < 20 && quota.used > before; j++) one = structuredClone(one, { transfer: [one] });
      hold(one);
      expect(quota.used - before).toBe(i * (SIZE + BUFFER_BYTES));
    }
  });

  it('lets a large buffer be handed on, again and again, in one turn', () => {
    let one = new ArrayBuffer(40 * MiB);
    const before = quota.used;
    for (let i = 0; i < 300; i++) one = structuredClone(one, { transfer: [one] });
    expect([one.byteLength, quota.used - before]).toEqual([40 * MiB, 0]);
  });

  it('counts a transferred buffer that is not in the copy until it is collected, and no other', () => {
    const lost = hold(new ArrayBuffer(MiB));
    const before = quota.used;
    const kept = hold(new ArrayBuffer(2 * MiB));
    const copy = hold(structuredClone({ kept, fresh: new Uint8Array(MiB) }, { transfer: [lost, kept] }));
    expect([copy.kept.byteLength, copy.fresh.length, lost.byteLength]).toEqual([2 * MiB, MiB, 0]);
    // The array that was copied is counted as well.
    expect(quota.used - before).toBe(4 * MiB + 3 * BUFFER_BYTES);
  });

  it('counts the buffer that a small array gets when it is asked for, once', async () => {
    const small = () => hold(new Uint8Array(64));
    const one = small();
    expect(await counted(() => new Uint8Array(64))).toBe(0);
    expect(await counted(() => one.buffer)).toBe(64 + BUFFER_BYTES);
    expect(await counted(() => [one.buffer, one.subarray(1), new Uint8Array(one.buffer).buffer])).toBe(0);
    expect(await counted(() => small().subarray(1))).toBe(64 + BUFFER_BYTES);
    expect(await counted(() => crypto.getRandomValues(small()))).toBe(64 + BUFFER_BYTES);
    expect(await counted(() => new TextEncoder().encodeInto('a', small()))).toBe(64 + BUFFER_BYTES);
    expect(await counted(() => new Blob([small()]))).toBeGreaterThan(64 + BUFFER_BYTES + 64);
    const read = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'buffer')!.get!;
    expect([read.name, 'prototype' in read]).toEqual(['get buffer', false]);
    expect(() => read.call({}) as unknown).toThrow(TypeError);
  });

  it('counts what a small array and its copy get when it is cloned', async () => {
    const one = hold(new Uint8Array(8));
    expect(await counted(() => structuredClone([one]))).toBeGreaterThanOrEqual(2 * (8 + BUFFER_BYTES));
    const { port1, port2 } = new MessageChannel();
    const other = hold(new Uint8Array(8));
    expect(await counted(() => (port1.postMessage([other]), 1))).toBeGreaterThanOrEqual(
      2 * (8 + BUFFER_BYTES),
    );
    port1.close();
    port2.close();
  });

  it('refuses a maximum below the length as the engine does, and looks for no memory', () => {
    for (const length of [2, 65 * MiB]) {
      const make = () => new Resizable(length, { maxByteLength: 1 });
      expect(make).toThrow(RangeError);
      expect(make).not.toThrow(/sandbox/);
    }
  });

  it('counts what is cloned where a job has put a setter on the prototype of arrays', async () => {
    const one = { first: 1, second: hold(new ArrayBuffer(MiB)) };
    const lists = Array.prototype as unknown as object;
    for (const key of [1, 2, 3, 4])
      Object.defineProperty(lists, key, { set: () => undefined, get: () => undefined, configurable: true });
    const before = quota.used;
    let copy: unknown;
    try {
      copy = structuredClone(one);
    } finally {
      for (const key of [1, 2, 3, 4]) Reflect.deleteProperty(lists, key);
    }
    hold(copy);
    expect(quota.used - before).toBe(MiB + BUFFER_BYTES);
  });

  it('spends what is posted, copied or transferred', async () => {
    const { port1, port2 } = new MessageChannel();
    const post = (own: ArrayBuffer) => (port1.postMessage(own, [hold(own)]), 1);
    expect(await counted(() => post(new ArrayBuffer(MiB)))).toBe(MiB + BUFFER_BYTES + 128 + 16);
    port1.close();
    port2.close();
  });

  it('refuses to transfer what it cannot measure', () => {
    const stream = new ReadableStream();
    expect(() => structuredClone(stream, { transfer: [stream as never] })).toThrow(TypeError);
  });

  it('makes no streams of bytes', async () => {
    expect(() => new ReadableStream({ type: 'bytes' })).toThrow(TypeError);
    let readings = 0;
    const sly = { get type() { return readings++ === 0 ? undefined : 'bytes'; } }; // prettier-ignore
    expect(() => new ReadableStream(sly as never).getReader({ mode: 'byob' })).toThrow(TypeError);
    const values = new ReadableStream<number>({ start: (control) => (control.enqueue(7), control.close()) });
    expect((await values.getReader().read()).value).toBe(7);
  });

  it('counts shared buffers, and sees through views of them', async () => {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const Shared = buffer.constructor as typeof SharedArrayBuffer;
    expect(await counted(() => new Shared(MiB))).toBe(MiB + BUFFER_BYTES);
    expect(() => new Shared(65 * MiB)).toThrow(RangeError);
    expect(new Uint8Array(buffer)).toHaveLength(65_536);
    expect(await counted(() => structuredClone(hold(new Uint8Array(8))))).toBeLessThan(MiB);
  });

  it('gives back what a digest copied', async () => {
    const data = hold(new Uint8Array(MiB));
    expect(await counted(() => crypto.subtle.digest('SHA-256', data))).toBe(0);
  });

  it('follows a blob into its copies and parts', async () => {
    const made = new Blob([new Uint8Array(MiB)]);
    expect(await counted(() => structuredClone(made))).toBeGreaterThanOrEqual(MiB);
    expect(await counted(() => made.slice(1))).toBeGreaterThanOrEqual(MiB);
    const { port1, port2 } = new MessageChannel();
    expect(await counted(() => (port1.postMessage(made), 1))).toBeGreaterThanOrEqual(MiB);
    port1.close();
    port2.close();
  });

  it('counts plain values on their way, numbers, texts and big integers', async () => {
    const { port1, port2 } = new MessageChannel();
    const posted = (value: unknown) => counted(() => (port1.postMessage(value), 1));
    expect(await posted(new Array(10_000).fill(1.5))).toBeGreaterThan(80_000);
    expect(await posted(['x'.repeat(4_000)])).toBeGreaterThan(4_000);
    expect(await posted(1n << 100_000n)).toBeGreaterThan(12_500);
    port1.close();
    port2.close();
  });

  it('does not copy what is counted elsewhere', () => {
    const module = new WebAssembly.Module(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]));
    expect(() => structuredClone(module)).toThrow(TypeError);
  });

  it('makes arrays of lists, also of those that iterate otherwise', () => {
    const list = [1, 2, 3];
    expect([...new Uint8Array(list)]).toEqual([1, 2, 3]);
    expect([...new Uint8Array(new Set(list))]).toEqual([1, 2, 3]);
    const long = Array.from({ length: 1_000 }, (_, i) => i);
    expect(Array.from(new Uint16Array(long))).toEqual(long);
    expect(Array.from(Uint8Array.of(3, 1, 2).toSorted((a, b) => b - a))).toEqual([3, 2, 1]);
    expect(Array.from(Uint8Array.of(1, 2).map((x) => x * 2))).toEqual([2, 4]);
    class Own extends Uint8Array {}
    expect([new Own(2) instanceof Own, new Own([7])[0]]).toEqual([true, 7]);
  });

  it('counts what Intl makes', async () => {
    expect(await counted(() => new Intl.DateTimeFormat('en'))).toBeGreaterThan(50_000);
    expect(Intl.NumberFormat('en').format(1)).toBe('1');
    const segmenter = new Intl.Segmenter('en');
    expect(await counted(() => segmenter.segment('x'.repeat(10_000)))).toBeGreaterThan(100_000);
    expect([...segmenter.segment('ab')].map(({ segment }) => segment)).toEqual(['a', 'b']);
  });

  it('leaves no member that is not permitted', () => {
    expect('mark' in performance).toBe(false);
    expect(performance.now()).toBeGreaterThan(0);
  });

  it('refuses many readings of one blob in one turn', async () => {
    const blob = new Blob([new Uint8Array(4 * MiB)]);
    const all: Promise<unknown>[] = [];
    expect(() => {
      for (let i = 0; i < 40; i++) all.push(blob.arrayBuffer());
    }).toThrow(RangeError);
    expect((await Promise.all(all)).length).toBeLessThan(16);
  });

  it('sees through an object that is given another prototype', async () => {
    await room(42 * MiB);
    const buffer: object = new ArrayBuffer(40 * MiB);
    Object.setPrototypeOf(buffer, Object.prototype);
    expect(() => structuredClone({ buffer })).toThrow(RangeError);
    const map: object = new Map([[1, buffer]]);
    Object.setPrototypeOf(map, Object.prototype);
    expect(() => structuredClone({ map })).toThrow(RangeError);
  });

  it('meets small arrays that are held, with what an engine keeps for each, and not those that are dropped', async () => {
    const all: unknown[] = [];
    const MILLION = 1_000_000;
    const before = quota.left;
    expect(() => {
      for (let i = 0; i < MILLION; i++) all.push(new Float64Array(9));
    }).toThrow(RangeError);
    // Few are looked at, by chance, and what earlier tests forgot is given back meanwhile.
    const bytes = all.length * (9 * 8 + BUFFER_BYTES);
    expect(bytes).toBeGreaterThan(before / 2);
    expect(bytes).toBeLessThan(quota.limit * 2);
    all.length = 0;
    await new Promise((next) => setImmediate(next));
    let sum = 0;
    for (let i = 0; i < MILLION; i++) sum += new Float64Array(9).length;
    expect(sum).toBe(9 * MILLION);
  });

  it('lets the harness say that the limit was met', () => {
    const all: unknown[] = [];
    expect(() => {
      for (;;) all.push(new Uint8Array(MiB));
    }).toThrow(RangeError);
    const { length } = all;
    for (let i = 0; i < 1_000; i++) all.push(new Uint8Array(251));
    expect(all).toHaveLength(length + 1_000);
  });

  describe('lets no code of a job run between looking and making', () => {
    const all: unknown[] = [];
    let depth = 0;
    /** Makes one more of the same, as long as there is no end of it. */
    const deeper = (make: () => unknown): void => {
      if (++depth < 30) all.push(make());
    };
    beforeEach(() => void (depth = all.length = 0));

    it('a getter of the prototype', () => {
      const base = function (): void {};
      const Sly: typeof base = new Proxy(base, {
        get: (_, key) => (key === 'prototype' ? (deeper(make), ArrayBuffer.prototype) : undefined),
      });
      const make = (): unknown => Reflect.construct(ArrayBuffer, [8 * MiB], Sly);
      expect(make).toThrow(RangeError);
    });

    it('an element of a list', () => {
      const list: unknown[] = new Array(MiB).fill(1);
      const make = (): unknown => new Float64Array(list as number[]);
      list[0] = { valueOf: () => (deeper(make), 1) };
      expect(make).toThrow(RangeError);
    });

    it('a callback', () => {
      const from = new Uint8Array(8 * MiB);
      Object.defineProperty(from, 'constructor', { value: undefined });
      const make = (): unknown => from.map((_, i) => (i === 0 && deeper(make), 1));
      expect(make).toThrow(RangeError);
    });
  });
});
