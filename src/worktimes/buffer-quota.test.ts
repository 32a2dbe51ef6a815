/**
 * Ways past the quota of buffers, tried in a realm that is limited: what a job holds is counted whichever way it
 * came by it.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { limitBuffers } from './buffer-quota.js';
import { Quota } from './quota.js';

const MiB = 2 ** 20;
const realm = globalThis as unknown as Record<string, unknown>;
const quota = new Quota(64 * MiB, 'Buffers');
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

describe('the quota of buffers', () => {
  it('holds what was transferred for as long as its successor lives', async () => {
    const own = hold(new ArrayBuffer(MiB));
    expect(await counted(() => structuredClone(own, { transfer: [own] }))).toBe(MiB);
    const nested = hold(new Resizable(MiB, { maxByteLength: 3 * MiB }));
    expect(await counted(() => structuredClone({ nested }, { transfer: [nested] }).nested)).toBe(3 * MiB);
  });

  it('spends what is posted, copied or transferred', async () => {
    const { port1, port2 } = new MessageChannel();
    const own = hold(new ArrayBuffer(MiB));
    expect(await counted(() => (port1.postMessage(own, [own]), 1))).toBe(MiB + 128 + 16);
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
    expect(await counted(() => new Shared(MiB))).toBe(MiB);
    expect(() => new Shared(65 * MiB)).toThrow(RangeError);
    expect(new Uint8Array(buffer)).toHaveLength(65_536);
    expect(await counted(() => structuredClone(hold(new Uint8Array(8))))).toBeLessThan(MiB);
  });

  it('gives back what a digest copied', async () => {
    const data = hold(new Uint8Array(MiB));
    expect(await counted(() => crypto.subtle.digest('SHA-256', data))).toBe(0);
  });

  it('refuses many readings of one blob in one turn', async () => {
    const blob = new Blob([new Uint8Array(4 * MiB)]);
    const all: Promise<unknown>[] = [];
    expect(() => {
      for (let i = 0; i < 40; i++) all.push(blob.arrayBuffer());
    }).toThrow(RangeError);
    expect((await Promise.all(all)).length).toBeLessThan(16);
  });
});
