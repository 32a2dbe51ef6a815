/**
 * A started interpreter's memory as bytes: what Pyodide gives, without its pages of zeros, which are half of it.
 * A snapshot is made before any job code came near, and belongs to the files that it was made from.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

/** What is dropped where it is all zeros, bytes: a page of the operating system. */
const PAGE = 4_096;
/** 'MHS1', little-endian. */
const MAGIC = 0x3153_484d;
const HEADER_BYTES = 8;
/** The memory of an interpreter that runs nothing is an eighth of this. */
const RAW_BYTES_MAX = 256 * 1024 * 1024;

/** `raw` as Pyodide made it; its length is a multiple of 16. */
export function packSnapshot(raw: Uint8Array): Uint8Array {
  const pages = Math.ceil(raw.length / PAGE);
  const words = new Uint32Array(raw.buffer, raw.byteOffset, raw.length >>> 2);
  const kept: number[] = [];
  for (let page = 0; page < pages; page++) {
    if (!isZero(words, (page * PAGE) >>> 2, Math.min((page + 1) * PAGE, raw.length) >>> 2)) kept.push(page);
  }
  const bitmapBytes = Math.ceil(pages / 8);
  const packed = new Uint8Array(HEADER_BYTES + bitmapBytes + kept.length * PAGE);
  const header = new DataView(packed.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, raw.length, true);
  let at = HEADER_BYTES + bitmapBytes;
  for (const page of kept) {
    packed[HEADER_BYTES + (page >>> 3)]! |= 1 << (page & 7);
    packed.set(raw.subarray(page * PAGE, (page + 1) * PAGE), at);
    at += PAGE;
  }
  return packed;
}

/** Throws ASSIGN_FAILED where these are not the bytes of a packed snapshot. */
export function unpackSnapshot(packed: Uint8Array): Uint8Array {
  if (packed.length < HEADER_BYTES) throw malformed();
  const header = new DataView(packed.buffer, packed.byteOffset, HEADER_BYTES);
  const length = header.getUint32(4, true);
  if (header.getUint32(0, true) !== MAGIC || length > RAW_BYTES_MAX || length % 16 !== 0) throw malformed();
  const pages = Math.ceil(length / PAGE);
  let at = HEADER_BYTES + Math.ceil(pages / 8);
  const raw = new Uint8Array(pages * PAGE);
  for (let page = 0; page < pages; page++) {
    if ((packed[HEADER_BYTES + (page >>> 3)]! & (1 << (page & 7))) === 0) continue;
    if (at + PAGE > packed.length) throw malformed();
    raw.set(packed.subarray(at, at + PAGE), page * PAGE);
    at += PAGE;
  }
  if (at !== packed.length) throw malformed();
  return raw.subarray(0, length);
}

function isZero(words: Uint32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (words[i] !== 0) return false;
  return true;
}

function malformed(): ManyhandsError {
  return new ManyhandsError('ASSIGN_FAILED', 'The snapshot of the interpreter is malformed');
}
