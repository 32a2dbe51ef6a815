/**
 * Envelopes: one slice's input or outcome as it is sent, which is a kind (one byte) and a body. The body is an encoded value, a
 * reference to a blob, or an encoded `Error`.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import { toHex } from '../../lib/crypto/ids.js';
import { BLOB_BYTES_MAX } from '../limits.js';
import type { Digest } from '../messages/messages.js';

export { decodeError, encodeError } from './envelope-error.js';

/**
 * `remote` is an input that the worker fetches (remote-url.ts). `delegated` and `parts` are reserved for outcomes that other
 * slices produce; nothing writes them yet.
 */
export const ENVELOPE_KIND = { value: 0, blob: 1, error: 2, delegated: 3, parts: 4, remote: 5 } as const;

/** The largest kind. */
export const ENVELOPE_KIND_MAX = 5;

/** Reference to a value that is stored as a blob because of its size; `bytes` is the size of its encoding. */
export interface BlobRef {
  digest: Digest;
  bytes: number;
}

const BLOB_REF_BYTES = 40;

/** 32 bytes of SHA-256, and the size as a big-endian uint64. @throws INVALID_ARGUMENT */
export function encodeBlobRef(ref: BlobRef): Uint8Array<ArrayBuffer> {
  if (!DIGEST_PATTERN.test(ref.digest) || !isBlobSize(ref.bytes)) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'a blob reference needs a SHA-256 in hexadecimal and a size in bytes',
    );
  }
  const body = new Uint8Array(BLOB_REF_BYTES);
  for (let i = 0; i < 32; i++) body[i] = parseInt(ref.digest.slice(2 * i, 2 * i + 2), 16);
  new DataView(body.buffer).setBigUint64(32, BigInt(ref.bytes));
  return body;
}

/** @throws SEGMENT_MALFORMED */
export function decodeBlobRef(body: Uint8Array): BlobRef {
  if (body.length === BLOB_REF_BYTES) {
    const bytes = Number(new DataView(body.buffer, body.byteOffset).getBigUint64(32));
    if (isBlobSize(bytes)) return { digest: toHex(body.subarray(0, 32)), bytes };
  }
  throw new ManyhandsError(
    'SEGMENT_MALFORMED',
    'a blob reference must be 32 bytes of digest and a size in 8 bytes',
  );
}

function isBlobSize(bytes: number): boolean {
  return Number.isInteger(bytes) && bytes >= 0 && bytes <= BLOB_BYTES_MAX;
}
