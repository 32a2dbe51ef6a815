/**
 * Packs the memory of a started interpreter: Pyodide's snapshot without its pages of zeros, which are half of it, in a layout
 * from which pages are written directly to their place. A snapshot is made before any job code runs, and is valid for the
 * files that it was made from only.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** Bytes of a page, as of the operating system; a page of zeros is left out. */
const PAGE = 4_096;
/** 'MHS2', little-endian. */
const MAGIC = 0x3253_484d;
const HEADER_BYTES = 12;
/** An idle interpreter has an eighth of this. */
const HEAP_BYTES_MAX = 256 * 1024 * 1024;
/** Pyodide's header before the memory has some kilobytes. */
const HEAD_BYTES_MAX = 1024 * 1024;

export interface OpenSnapshot {
  /** Pyodide's header before the memory, a copy. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Bytes of memory, a multiple of 64 KiB. */
  readonly heapBytes: number;
  /** Writes the first `heapBytes` of the memory. */
  readonly writeTo: (heap: Uint8Array) => void;
}

/** `raw`: Pyodide's snapshot. Its second 32-bit word is the offset of the memory, a multiple of 16. */
export function packSnapshot(raw: Uint8Array): Uint8Array {
  const headBytes = new DataView(raw.buffer, raw.byteOffset).getUint32(4, true);
  const heap = raw.subarray(headBytes);
  const words = new Uint32Array(heap.buffer, heap.byteOffset, heap.length / 4);
  const pages = heap.length / PAGE;
  const kept: number[] = [];
  for (let page = 0; page < pages; page++) {
    if (!isZero(words, (page * PAGE) / 4, ((page + 1) * PAGE) / 4)) kept.push(page);
  }
  const bitmapBytes = Math.ceil(pages / 8);
  const packed = new Uint8Array(HEADER_BYTES + headBytes + bitmapBytes + kept.length * PAGE);
  const header = new DataView(packed.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, headBytes, true);
  header.setUint32(8, heap.length, true);
  packed.set(raw.subarray(0, headBytes), HEADER_BYTES);
  const bitmapAt = HEADER_BYTES + headBytes;
  let at = bitmapAt + bitmapBytes;
  for (const page of kept) {
    packed[bitmapAt + (page >>> 3)]! |= 1 << (page & 7);
    packed.set(heap.subarray(page * PAGE, (page + 1) * PAGE), at);
    at += PAGE;
  }
  return packed;
}

/** @throws ASSIGN_FAILED where `packed` is not a packed snapshot */
export function openSnapshot(packed: Uint8Array): OpenSnapshot {
  if (packed.length < HEADER_BYTES) throw malformed();
  const header = new DataView(packed.buffer, packed.byteOffset, HEADER_BYTES);
  const headBytes = header.getUint32(4, true);
  const heapBytes = header.getUint32(8, true);
  const pages = heapBytes / PAGE;
  const fits = headBytes <= HEAD_BYTES_MAX && heapBytes <= HEAP_BYTES_MAX && Number.isInteger(pages);
  if (header.getUint32(0, true) !== MAGIC || !fits) throw malformed();
  const pagesAt = HEADER_BYTES + headBytes + Math.ceil(pages / 8);
  if (pagesAt > packed.length) throw malformed();
  const bitmap = packed.subarray(HEADER_BYTES + headBytes, pagesAt);
  const runs = readRuns(bitmap, pages);
  const kept = runs.reduce((sum, run) => sum + (run.isKept ? run.pages : 0), 0);
  if (pagesAt + kept * PAGE !== packed.length) throw malformed();
  return {
    head: packed.slice(HEADER_BYTES, HEADER_BYTES + headBytes),
    heapBytes,
    writeTo(heap) {
      const words = new Uint32Array(heap.buffer, heap.byteOffset, heapBytes / 4);
      let from = pagesAt;
      let to = 0;
      for (const { isKept, pages: count } of runs) {
        const bytes = count * PAGE;
        if (isKept) {
          heap.set(packed.subarray(from, from + bytes), to);
          from += bytes;
        } else clear(words, to, to + bytes);
        to += bytes;
      }
    },
  };
}

/** Consecutive pages that are all kept, or all zeros. */
interface PageRun {
  isKept: boolean;
  pages: number;
}

function readRuns(bitmap: Uint8Array, pages: number): PageRun[] {
  const runs: PageRun[] = [];
  let last: PageRun | undefined;
  for (let page = 0; page < pages; page++) {
    const isKept = (bitmap[page >>> 3]! & (1 << (page & 7))) !== 0;
    if (last?.isKept === isKept) last.pages += 1;
    else runs.push((last = { isKept, pages: 1 }));
  }
  return runs;
}

/** Sets bytes to zero. New memory is zero nearly everywhere, and writing costs much more than reading. */
function clear(words: Uint32Array, from: number, to: number): void {
  const pageWords = PAGE / 4;
  for (let at = from / 4; at < to / 4; at += pageWords) {
    if (!isZero(words, at, at + pageWords)) words.fill(0, at, at + pageWords);
  }
}

/** `from` and `to` are indices of words, multiples of eight. */
function isZero(words: Uint32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 8) {
    const low = words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]!;
    const high = words[i + 4]! | words[i + 5]! | words[i + 6]! | words[i + 7]!;
    if ((low | high) !== 0) return false;
  }
  return true;
}

function malformed(): ManyhandsError {
  return new ManyhandsError('ASSIGN_FAILED', 'The snapshot of the interpreter is malformed');
}
