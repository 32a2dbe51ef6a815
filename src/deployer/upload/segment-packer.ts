/**
 * Packs data into segments as they are read. A datum that is too large for a segment is put as a blob, and its
 * segment is ready when that is stored.
 * @module
 */

import { encodeBlobRef, ENVELOPE_KIND, type BlobRef } from '../../protocol/segment/envelope.js';
import { SEGMENT_SLICES_MAX } from '../../protocol/limits.js';
import { encodeRemote } from '../../protocol/input/remote-url.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import { blobRef } from '../connection/blob-client.js';
import { RemoteDatum } from './remote-input.js';
import { atPath } from '../arguments/error-path.js';

/** A segment is full from here on; well under `SEGMENT_BYTES_MAX`, so that leases and reconnects stay light. */
const SEGMENT_TARGET_BYTES = 128 * 1024;
/** A larger datum travels as a blob: with what else is in its segment it could pass `SEGMENT_BYTES_MAX`. */
export const INLINE_VALUE_BYTES_MAX = 512 * 1024;

export interface PackedSegment {
  segment: Uint8Array;
  count: number;
  /** What it holds of the window, its blobs included. */
  bytes: number;
  /** Resolves when its blobs are stored; undefined where it has none. */
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

  get empty(): boolean {
    return this.#writer.count === 0;
  }

  get full(): boolean {
    const bytes = this.#writer.byteLength + this.#blobBytes;
    return bytes >= SEGMENT_TARGET_BYTES || this.#writer.count >= SEGMENT_SLICES_MAX;
  }

  /** @throws VALUE_NOT_CLONEABLE, VALUE_TOO_LARGE; then nothing was added */
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
      throw atPath(error, `${this.#label}[${this.#index}]`);
    }
    this.#index++;
    if (bytes > INLINE_VALUE_BYTES_MAX) this.#moveLastToBlob();
  }

  /** What was added since the last time; at least one datum. */
  finish(): PackedSegment {
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
    const ref = blobRef(body);
    this.#writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef(ref));
    this.#blobBytes += body.length;
    const stored = this.#putBlob(ref, body);
    stored.catch(() => undefined);
    this.#blobs.push(stored);
  }
}
