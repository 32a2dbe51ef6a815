/**
 * Packs data into segments while they are read. A datum that is too large for a segment is uploaded as a blob, and its
 * segment is sent after that.
 * @module
 */

import { encodeBlobRef, ENVELOPE_KIND, type BlobRef } from '../../protocol/segment/envelope.js';
import { SEGMENT_SLICES_MAX } from '../../protocol/limits.js';
import { encodeRemote } from '../../protocol/input/remote-url.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import { toBlobRef } from '../../client/http/blob-client.js';
import { RemoteDatum } from '../call/remote-input.js';
import { withErrorPath } from '../arguments/error-path.js';

/**
 * A segment is complete at this size; well below `SEGMENT_BYTES_MAX`, so that leases and reconnects transfer little.
 */
const SEGMENT_TARGET_BYTES = 128 * 1024;
/** A larger datum is sent as a blob: together with the rest of its segment it could exceed `SEGMENT_BYTES_MAX`. */
export const INLINE_VALUE_BYTES_MAX = 512 * 1024;

export interface PackedSegment {
  segment: Uint8Array;
  count: number;
  /** Bytes that count for the window, including its blobs. */
  bytes: number;
  /** Resolves when its blobs are stored; undefined if it has none. */
  ready: Promise<void> | undefined;
}

export class SegmentPacker {
  readonly #label: string;
  readonly #putBlob: (ref: BlobRef, bytes: Uint8Array) => Promise<void>;
  readonly #writer = new SegmentWriter({ initialBytes: SEGMENT_TARGET_BYTES });
  #index = 0;
  #blobBytes = 0;
  #blobs: Promise<void>[] = [];

  /** `label` names the input in errors: `data[17].x`. */
  constructor(label: string, putBlob: (ref: BlobRef, bytes: Uint8Array) => Promise<void>) {
    this.#label = label;
    this.#putBlob = putBlob;
  }

  get isEmpty(): boolean {
    return this.#writer.count === 0;
  }

  get isFull(): boolean {
    const bytes = this.#writer.byteLength + this.#blobBytes;
    return bytes >= SEGMENT_TARGET_BYTES || this.#writer.count >= SEGMENT_SLICES_MAX;
  }

  /** @throws VALUE_NOT_CLONEABLE, VALUE_TOO_LARGE; the segment is then unchanged */
  add(value: unknown): void {
    if (value instanceof RemoteDatum) {
      this.#writer.appendEnvelope(ENVELOPE_KIND.remote, encodeRemote(value.url));
      this.#index++;
      return;
    }
    let bytes: number;
    try {
      bytes = this.#writer.appendValue(value);
    } catch (error) {
      throw withErrorPath(error, `${this.#label}[${this.#index}]`);
    }
    this.#index++;
    if (bytes > INLINE_VALUE_BYTES_MAX) this.#moveLastToBlob();
  }

  /** Returns the segment of the data that were added since the last call; there must be at least one. */
  finishSegment(): PackedSegment {
    const count = this.#writer.count;
    const segment = this.#writer.finish();
    const bytes = segment.length + this.#blobBytes;
    const blobs = this.#blobs;
    this.#blobs = [];
    this.#blobBytes = 0;
    if (blobs.length === 0) return { segment, count, bytes, ready: undefined };
    const ready = Promise.all(blobs).then(() => undefined);
    ready.catch(() => undefined);
    return { segment, count, bytes, ready };
  }

  #moveLastToBlob(): void {
    const reader = new SegmentReader(this.#writer.finish());
    const last = reader.count - 1;
    for (let index = 0; index < last; index++) this.#writer.appendFrom(reader, index);
    const body = reader.body(last);
    const ref = toBlobRef(body);
    this.#writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef(ref));
    this.#blobBytes += body.length;
    const stored = this.#putBlob(ref, body);
    stored.catch(() => undefined);
    this.#blobs.push(stored);
  }
}
