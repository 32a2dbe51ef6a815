/**
 * Jobs that exhaust a resource ("bombs"), as data: the source of each, and how its slice must end.
 * @module
 */
export interface Bomb {
  readonly id: string;
  readonly source: string;
  /**
   * Allowed ends of its slice: with its process, by its time limit, or by an error of the engine that is out of memory,
   * whichever is first; or by the absence of the API that it needs.
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
  /** Maximum growth of the memory of the browser, bytes, for a job that gets no memory; else the limit of the processes applies. */
  readonly bytesMax?: number;
  /**
   * How the test shows that it works in a plain Worker: it takes more than `bytesMax` (1 GiB where there is none), it runs
   * past its time limit, it starts any number of Workers, or it posts more messages than allowed.
   */
  readonly control: 'bytes' | 'time' | 'workers' | 'messages';
}

const SLACK = 256 * 2 ** 20;
/** Writes to every page of a buffer, so that its memory is really allocated. */
const TOUCH =
  'const touch = (b) => { const v = new Uint8Array(b); for (let i = 0; i < v.length; i += 4096) v[i] = 1; return v; };';

/** Memory held in other ways than by arrays and large buffers. */
const HOARDS: Readonly<Record<string, string>> = {
  'small-buffers': '() => { const all = []; for (;;) all.push(new Uint8Array(8192).fill(1)); }',
  copies: `() => { ${TOUCH} const one = touch(new ArrayBuffer(2 ** 24)); const all = []; for (;;) { all.push(one.slice()); all.push(structuredClone(one)); } }`,
  blobs: `async () => { const one = new Uint8Array(2 ** 24).fill(1); const all = []; for (;;) { all.push(new Blob([one])); await new Promise((go) => setTimeout(go)); } }`,
  'messages-to-itself':
    '() => { const { port1 } = new MessageChannel(); const b = new Uint8Array(2 ** 22).fill(1); for (;;) port1.postMessage(b); }',
  'messages-of-texts': `() => { const { port1 } = new MessageChannel(); const list = Array.from({ length: 1000 }, (_, i) => 'x'.repeat(4000) + i); for (;;) port1.postMessage(list); }`,
  formatters: `() => { const all = []; for (;;) all.push(new Intl.DateTimeFormat('en')); }`,
  segments: `() => { const segmenter = new Intl.Segmenter('en'); const text = 'x y '.repeat(2 ** 20); const all = []; for (;;) all.push(segmenter.segment(text)); }`,
  modules: `() => {
    const size = 2 ** 22, head = [0, 97, 115, 109, 1, 0, 0, 0, 0, 0x80, 0x80, 0x80, 0x02, 1, 97];
    const bytes = new Uint8Array(head.length + size - 2).fill(7);
    bytes.set(head);
    const all = [];
    for (let i = 0; ; i++) { new DataView(bytes.buffer).setUint32(bytes.length - 8, i); all.push(new WebAssembly.Module(bytes)); }
  }`,
};

/** APIs that hold memory outside of the sandbox process or of the heap: sandboxes do not have them. */
const ABSENT: Readonly<Record<string, string>> = {
  pixels: `() => { const all = []; for (;;) all.push(new ImageData(2048, 2048).data.fill(1)); }`,
  canvases: `() => { const all = []; for (;;) { const one = new OffscreenCanvas(2048, 2048); one.getContext('2d').fillRect(0, 0, 2048, 2048); all.push(one); } }`,
  marks: `() => { const one = new Uint8Array(2 ** 24).fill(1); for (let i = 0; ; i++) performance.mark('a' + i, { detail: one }); }`,
};

function bombsOf(sources: Readonly<Record<string, string>>, more: Pick<Bomb, 'ends' | 'bytesMax'>): Bomb[] {
  return Object.entries(sources).map(([id, source]) => ({ id, source, control: 'bytes', ...more }));
}

export const BOMBS: readonly Bomb[] = [
  { id: 'loop', source: '() => { for (;;); }', ends: ['SLICE_TIMEOUT'], control: 'time' },
  {
    id: 'buffers',
    source: `() => { ${TOUCH} const all = []; for (;;) all.push(touch(new ArrayBuffer(2 ** 24))); }`,
    ends: ['RangeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'],
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
  { id: 'huge-result', source: '() => new Array(2 ** 24).fill("0123456789abcdef".repeat(16))', ends: ['RESULT_TOO_LARGE', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'], control: 'bytes' },
  { id: 'heap', source: '() => { const all = []; for (;;) all.push({ x: [Math.random(), Math.random()] }); }', ends: ['SANDBOX_CRASHED', 'SLICE_TIMEOUT'], control: 'bytes' },
  ...bombsOf(HOARDS, { ends: ['RangeError', 'SLICE_TIMEOUT', 'SANDBOX_CRASHED'] }),
  ...bombsOf(ABSENT, { ends: ['ReferenceError', 'TypeError'], bytesMax: SLACK }),
]; // prettier-ignore
