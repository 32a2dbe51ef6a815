/**
 * Jobs that take all they can get, as data: each says what it takes, and how much of it a sandbox lets it have.
 * @module
 */
export interface Bomb {
  readonly id: string;
  readonly source: string;
  /**
   * What its slice ends as: by its own error at the cap, and where the machine is busy by its time or with its sandbox,
   * whichever is first.
   */
  readonly ends: readonly (
    | 'SLICE_TIMEOUT'
    | 'SANDBOX_CRASHED'
    | 'NO_PROGRESS'
    | 'RESULT_TOO_LARGE'
    | 'RangeError'
    | 'ReferenceError'
    | 'TypeError'
  )[];
  /** Bytes that the browser may grow by at most for one sandbox, where the cap lets it be seen: the cap and 256 MiB. */
  readonly bytesMax?: number;
  /**
   * How it is seen to work in a Worker without defence: it takes more than `bytesMax` (more than a sandbox's cap where
   * there is none), it goes on after its limit, it starts as many Workers as it wants, or posts more than may be.
   */
  readonly control: 'bytes' | 'time' | 'workers' | 'messages';
}

const GiB = 2 ** 30;
const SLACK = 256 * 2 ** 20;
/** Touches every page of what was got, so that it is really there. */
const TOUCH =
  'const touch = (b) => { const v = new Uint8Array(b); for (let i = 0; i < v.length; i += 4096) v[i] = 1; return v; };';

/** Ways by which a quota was passed once: each takes what nobody counted then. */
const WAYS_PAST_BUFFERS: Readonly<Record<string, string>> = {
  transfers: `() => { ${TOUCH} const all = []; for (;;) { const one = new ArrayBuffer(2 ** 24); touch(one); all.push(structuredClone({ one }, { transfer: [one] }).one); } }`,
  'clones-of-blobs': `async () => { ${TOUCH} const one = touch(new ArrayBuffer(2 ** 25)); const all = []; for (;;) { all.push(structuredClone(new Blob([one]))); await new Promise((go) => setTimeout(go)); } }`,
  'bytes-of-blobs': `async () => { ${TOUCH} const one = new Blob([new Uint8Array(2 ** 24)]); const all = []; for (;;) all.push(touch(await one.arrayBuffer()).buffer, (await one.bytes()).buffer); }`,
  'readings-at-once': `async () => { const one = new Blob([new Uint8Array(2 ** 26).fill(1)]); await Promise.all(Array.from({ length: 60 }, () => one.arrayBuffer())); }`,
  'messages-of-texts': `() => { const { port1 } = new MessageChannel(); const list = Array.from({ length: 1000 }, (_, i) => 'x'.repeat(4000) + i); for (;;) port1.postMessage(list); }`,
  'messages-of-big-integers': `() => { const { port1 } = new MessageChannel(); const one = 1n << (2n ** 28n); for (;;) port1.postMessage(one); }`,
  'pixels-without-image': `() => { const all = []; for (;;) all.push(new ImageData(2048, 2048).data.fill(1)); }`,
  'images-like-another': `() => { const drawing = new OffscreenCanvas(1, 1).getContext('2d'); const one = new ImageData(2048, 2048); const all = []; for (;;) { const made = drawing.createImageData(one); made.data.fill(1); all.push(made); } }`,
  patterns: `() => { const canvas = new OffscreenCanvas(2048, 2048), drawing = canvas.getContext('2d'); const all = []; for (let i = 0; ; i++) { drawing.fillStyle = '#' + String(100000 + (i % 800000)); drawing.fillRect(0, 0, 2048, 2048); all.push(drawing.createPattern(canvas, 'repeat')); } }`,
  'saved-states': `() => { const drawing = new OffscreenCanvas(1, 1).getContext('2d'); for (;;) drawing.save(); }`,
  'doubled-paths': `() => { const one = new Path2D(); one.lineTo(1, 1); for (let i = 0; i < 22; i++) one.addPath(one); const all = []; for (;;) { const next = new Path2D(); next.addPath(one, { a: 2 }); all.push(next); } }`,
  formatters: `() => { const all = []; for (;;) all.push(new Intl.DateTimeFormat('en')); }`,
  segments: `() => { const segmenter = new Intl.Segmenter('en'); const text = 'x y '.repeat(2 ** 20); const all = []; for (;;) all.push(segmenter.segment(text)); }`,
  'measured-texts': `() => { const drawing = new OffscreenCanvas(1, 1).getContext('2d'); const text = 'xyz '.repeat(2 ** 14 - 8); const all = []; for (let i = 0; ; i++) all.push(drawing.measureText(text + (i % 1e9))); }`,
  'getters-in-between': `() => { const all = []; const from = new Uint8Array(2 ** 23).fill(1); from.constructor = undefined; let depth = 0; const go = () => { depth++; all.push(from.map((_, i) => { if (i === 0 && depth < 1000) go(); return 1; })); }; for (;;) { depth = 0; go(); } }`,
  marks: `() => { const one = new Uint8Array(2 ** 24).fill(1); for (let i = 0; ; i++) performance.mark('a' + i, { detail: one }); }`,
};

const WAYS_PAST_WASM: Readonly<Record<string, string>> = {
  modules: `() => {
    const size = 2 ** 22, head = [0, 97, 115, 109, 1, 0, 0, 0, 0, 0x80, 0x80, 0x80, 0x02, 1, 97];
    const bytes = new Uint8Array(head.length + size - 2).fill(7);
    bytes.set(head);
    const all = [];
    for (let i = 0; ; i++) { new DataView(bytes.buffer).setUint32(bytes.length - 8, i); all.push(new WebAssembly.Module(bytes)); }
  }`,
};

function past(bytesMax: number, ways: Readonly<Record<string, string>>): Bomb[] {
  return Object.entries(ways).map(([id, source]) => ({
    id,
    source,
    ends: ['RangeError', 'TypeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'],
    bytesMax,
    control: 'bytes',
  }));
}

export const BOMBS: readonly Bomb[] = [
  { id: 'loop', source: '() => { for (;;); }', ends: ['SLICE_TIMEOUT'], control: 'time' },
  {
    id: 'buffers',
    source: `() => { ${TOUCH} const all = []; for (;;) all.push(touch(new ArrayBuffer(2 ** 24))); }`,
    ends: ['RangeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'],
    bytesMax: GiB + SLACK,
    control: 'bytes',
  },
  {
    id: 'small-buffers',
    source: '() => { const all = []; for (;;) all.push(new Uint8Array(8192).fill(1)); }',
    ends: ['RangeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'],
    bytesMax: GiB + SLACK,
    control: 'bytes',
  },
  {
    id: 'copies',
    source: `() => { ${TOUCH} const one = touch(new ArrayBuffer(2 ** 24)); const all = []; for (;;) { all.push(one.slice()); all.push(structuredClone(one)); one.constructor = undefined; } }`,
    ends: ['RangeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'],
    bytesMax: GiB + SLACK,
    control: 'bytes',
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
    ends: ['RangeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'],
    bytesMax: 2 * GiB + SLACK,
    control: 'bytes',
  },
  {
    id: 'workers',
    source: '() => { const all = []; for (let i = 0; i < 2000; i++) all.push(new Worker("data:text/javascript,0")); return all.length; }',
    ends: ['ReferenceError'],
    bytesMax: SLACK,
    control: 'workers',
  },
  { id: 'messages', source: '() => { for (;;) { console.log(Math.random()); progress(Math.random()); } }', ends: ['SLICE_TIMEOUT', 'SANDBOX_CRASHED'], control: 'messages' },
  {
    id: 'messages-to-itself',
    source: '() => { const { port1 } = new MessageChannel(); const b = new Uint8Array(2 ** 22).fill(1); for (;;) port1.postMessage(b); }',
    ends: ['RangeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'],
    bytesMax: GiB + SLACK,
    control: 'bytes',
  },
  { id: 'huge-result', source: '() => new Array(2 ** 24).fill("0123456789abcdef".repeat(16))', ends: ['RESULT_TOO_LARGE', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'], control: 'bytes' },
  { id: 'heap', source: '() => { const all = []; for (;;) all.push({ x: [Math.random(), Math.random()] }); }', ends: ['SANDBOX_CRASHED', 'SLICE_TIMEOUT'], control: 'bytes' },
  ...past(GiB + SLACK, WAYS_PAST_BUFFERS),
  ...past(2 * GiB + SLACK, WAYS_PAST_WASM),
]; // prettier-ignore
