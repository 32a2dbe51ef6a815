/**
 * The data of consecutive slices as received: a description such as that of a range, or envelopes in a segment, some of which
 * refer to blobs that were sent before.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { DescribedInput, Input } from '../../protocol/messages/messages.js';
import { describedDatum, isDescribed } from '../../protocol/input/described-inputs.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { decodeValue } from '../../protocol/values/values.js';
import { withIntrinsics } from '../realm/intrinsics.js';

/** The blobs of one batch, by digest. */
export type BatchBlobs = ReadonlyMap<string, Uint8Array>;

export interface SliceInput {
  readonly count: number;
  /** The datum of slice `i`, counted from 0. @throws VALUE_MALFORMED, SEGMENT_MALFORMED or BLOB_UNKNOWN */
  datum(i: number): unknown;
}

/** Never throws: if the input is malformed, `datum` throws that error for each of its slices. */
export function openInput(input: Input, blobs: BatchBlobs): SliceInput {
  const open = (): SliceInput =>
    isDescribed(input) ? new DescribedSlices(input) : new SegmentSlices(input.segment, blobs);
  try {
    return withIntrinsics(open);
  } catch (error) {
    return new MalformedSlices(input.count, error);
  }
}

class DescribedSlices implements SliceInput {
  readonly count: number;
  readonly #input: DescribedInput;

  constructor(input: DescribedInput) {
    this.count = input.count;
    this.#input = input;
  }

  datum(i: number): unknown {
    return describedDatum(this.#input, i);
  }
}

class SegmentSlices implements SliceInput {
  readonly count: number;
  readonly #reader: SegmentReader;
  readonly #blobs: BatchBlobs;

  constructor(segment: Uint8Array, blobs: BatchBlobs) {
    this.#reader = new SegmentReader(segment);
    this.#blobs = blobs;
    this.count = this.#reader.count;
  }

  datum(i: number): unknown {
    const kind = this.#reader.kind(i);
    if (kind === ENVELOPE_KIND.value) return this.#reader.value(i);
    if (kind === ENVELOPE_KIND.blob)
      return decodeValue(this.#blob(decodeBlobRef(this.#reader.body(i)).digest));
    throw new ManyhandsError('SEGMENT_MALFORMED', `A slice's datum cannot be an envelope of kind ${kind}`);
  }

  #blob(digest: string): Uint8Array {
    const bytes = this.#blobs.get(digest);
    if (bytes !== undefined) return bytes;
    throw new ManyhandsError(
      'BLOB_UNKNOWN',
      `The blob ${digest} of a slice's datum did not reach the sandbox`,
      {
        digest,
      },
    );
  }
}

class MalformedSlices implements SliceInput {
  readonly count: number;
  readonly #error: unknown;

  constructor(count: number, error: unknown) {
    this.count = count;
    this.#error = error;
  }

  datum(): unknown {
    throw this.#error;
  }
}
