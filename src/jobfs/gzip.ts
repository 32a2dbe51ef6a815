/**
 * gzip in chunks, with fflate: compression can yield between chunks; decompression emits each chunk before the next, so
 * that a decompression bomb is stopped early.
 * @module
 */
import { Gzip, Inflate } from 'fflate';
import { refuseBundle } from './tar-header.js';

/** Compressed bytes for one step. The output of a step is at most 1032 times as large. */
const INFLATE_PIECE_BYTES = 16 * 1024;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;

/** A gzip stream without a timestamp or file name. `emit` receives its bytes in order. */
export class Gzipper {
  readonly #gzip: Gzip;

  constructor(emit: (bytes: Uint8Array) => void) {
    this.#gzip = new Gzip({ level: 6, mtime: 0 }, (bytes) => emit(bytes));
  }

  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#gzip.push(bytes);
  }

  end(): void {
    this.#gzip.push(new Uint8Array(0), true);
  }
}

/**
 * Decompresses one gzip member and calls `emit` for each chunk; an error that `emit` throws ends it.
 * @throws JOBFS_MALFORMED
 */
export function gunzip(bytes: Uint8Array, emit: (piece: Uint8Array) => void): void {
  const start = headerLength(bytes);
  const end = bytes.length - TRAILER_BYTES;
  if (start > end) refuseBundle('it is truncated');
  let crc = 0xffffffff;
  let length = 0;
  let refusal: { error: unknown } | undefined;
  const inflate = new Inflate((piece) => {
    crc = updateCrc(crc, piece);
    length += piece.length;
    try {
      emit(piece);
    } catch (error) {
      refusal = { error };
      throw error;
    }
  });
  try {
    for (let at = start; at < end; at += INFLATE_PIECE_BYTES) {
      const next = Math.min(at + INFLATE_PIECE_BYTES, end);
      inflate.push(bytes.subarray(at, next), next === end);
    }
  } catch {
    if (refusal !== undefined) throw refusal.error;
    refuseBundle('its compressed data are corrupt');
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + end, TRAILER_BYTES);
  const intact = trailer.getUint32(0, true) === ~crc >>> 0 && trailer.getUint32(4, true) === length % 2 ** 32;
  if (!intact) refuseBundle('its checksum is wrong');
}

/** The header's length by RFC 1952: ten bytes and the optional fields that the flags announce. */
function headerLength(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES + TRAILER_BYTES) refuseBundle('it is truncated');
  const flags = bytes[3]!;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || (flags & 0xe0) !== 0)
    refuseBundle('it is not gzip');
  let at = HEADER_BYTES;
  if ((flags & 4) !== 0) at += 2 + (bytes[at]! | (bytes[at + 1]! << 8));
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const nul = bytes.indexOf(0, at);
    if (nul === -1) refuseBundle('its header is truncated');
    at = nul + 1;
  }
  return (flags & 2) !== 0 ? at + 2 : at;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function updateCrc(crc: number, bytes: Uint8Array): number {
  let value = crc;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return value;
}
