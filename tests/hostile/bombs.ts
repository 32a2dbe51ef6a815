/**
 * Jobs that take all they can get, as data: each says what it takes, and how much of it a sandbox lets it have.
 * @module
 */
export interface Bomb {
  readonly id: string;
  readonly source: string;
  /** What its slice ends as: by its time, by its own error at the cap, or with its sandbox. */
  readonly ends: readonly (
    'SLICE_TIMEOUT' | 'SANDBOX_CRASHED' | 'NO_PROGRESS' | 'RESULT_TOO_LARGE' | 'RangeError' | 'ReferenceError'
  )[];
  /** Bytes that the browser may grow by at most, where the cap lets it be seen. */
  readonly bytesMax?: number;
}

const GiB = 2 ** 30;
const SLACK = 256 * 2 ** 20;
/** Touches every page of what was got, so that it is really there. */
const TOUCH =
  'const touch = (b) => { const v = new Uint8Array(b); for (let i = 0; i < v.length; i += 4096) v[i] = 1; return v; };';

export const BOMBS: readonly Bomb[] = [
  { id: 'loop', source: '() => { for (;;); }', ends: ['SLICE_TIMEOUT'] },
  {
    id: 'buffers',
    source: `() => { ${TOUCH} const all = []; for (;;) all.push(touch(new ArrayBuffer(2 ** 24))); }`,
    ends: ['RangeError'],
    bytesMax: GiB + SLACK,
  },
  {
    id: 'small-buffers',
    source: '() => { const all = []; for (;;) all.push(new Uint8Array(8192).fill(1)); }',
    ends: ['RangeError', 'SLICE_TIMEOUT'],
    bytesMax: GiB + SLACK,
  },
  {
    id: 'copies',
    source: `() => { ${TOUCH} const one = touch(new ArrayBuffer(2 ** 24)); const all = []; for (;;) { all.push(one.slice()); all.push(structuredClone(one)); one.constructor = undefined; } }`,
    ends: ['RangeError', 'SLICE_TIMEOUT'],
    bytesMax: GiB + SLACK,
  },
  {
    id: 'wasm-memory',
    source: `() => { ${TOUCH}
      const bytes = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 109, 2, 0]);
      const all = [];
      for (;;) {
        const { m } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
        for (let step = 1024; step >= 1; ) { try { m.grow(step); } catch { step >>= 1; } }
        touch(m.buffer);
        all.push(m);
      }
    }`,
    ends: ['RangeError', 'SLICE_TIMEOUT'],
    bytesMax: 2 * GiB + SLACK,
  },
  {
    id: 'workers',
    source: '() => { const all = []; for (let i = 0; i < 2000; i++) all.push(new Worker("data:text/javascript,0")); return all.length; }',
    ends: ['ReferenceError'],
    bytesMax: SLACK,
  },
  { id: 'messages', source: '() => { for (;;) { console.log(Math.random()); progress(Math.random()); } }', ends: ['SLICE_TIMEOUT', 'SANDBOX_CRASHED'] },
  {
    id: 'messages-to-itself',
    source: '() => { const { port1 } = new MessageChannel(); const b = new Uint8Array(2 ** 22).fill(1); for (;;) port1.postMessage(b); }',
    ends: ['RangeError', 'SLICE_TIMEOUT'],
    bytesMax: GiB + SLACK,
  },
  { id: 'huge-result', source: '() => new Array(2 ** 24).fill("0123456789abcdef".repeat(16))', ends: ['RESULT_TOO_LARGE', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'] },
  { id: 'heap', source: '() => { const all = []; for (;;) all.push({ x: [Math.random(), Math.random()] }); }', ends: ['SANDBOX_CRASHED', 'SLICE_TIMEOUT'] },
]; // prettier-ignore
