/**
 * Decodes a segment of outcomes and delivers each slice to a sink exactly once, whatever the worker wrote. Large values
 * are downloaded, errors are rebuilt.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeBlobRef, decodeError, ENVELOPE_KIND, type BlobRef } from '../../protocol/segment/envelope.js';
import type { SegmentPart } from '../../protocol/messages/messages.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import { decodeValue } from '../../protocol/values/values.js';

export interface OutcomeSink {
  result(sliceNumber: number, value: unknown): void;
  failure(sliceNumber: number, error: Error): void;
}

/** Maximum number of concurrent blob downloads for one part. */
const FETCHES_MAX = 4;

/**
 * Delivers every outcome of `part` to `sink`. Returns a promise for those that are downloaded, or undefined if there
 * are none. Never rejects: an outcome that cannot be decoded is a failure of its slice.
 */
export function readOutcomes(
  part: SegmentPart,
  sink: OutcomeSink,
  fetchBlob: (ref: BlobRef) => Promise<Uint8Array>,
): Promise<void> | undefined {
  const reader = openPart(part, sink);
  if (reader === undefined) return undefined;
  const large: { sliceNumber: number; ref: BlobRef }[] = [];
  const step = reader.count === 1 ? 0 : 1;
  for (let i = 0, index = 0, sliceNumber = part.first; i < part.count; i++, index += step, sliceNumber++) {
    let value: unknown;
    try {
      const kind = reader.kind(index);
      if (kind === ENVELOPE_KIND.blob) {
        large.push({ sliceNumber, ref: decodeBlobRef(reader.body(index)) });
        continue;
      }
      if (kind !== ENVELOPE_KIND.value) {
        sink.failure(sliceNumber, readFailure(kind, reader.body(index)));
        continue;
      }
      value = reader.value(index);
    } catch (error) {
      sink.failure(sliceNumber, error as Error);
      continue;
    }
    sink.result(sliceNumber, value);
  }
  return large.length === 0 ? undefined : fetchLarge(large, sink, fetchBlob);
}

/** A segment of one error is the outcome of each slice of its part. */
const isOneError = (reader: SegmentReader): boolean =>
  reader.count === 1 && reader.kind(0) === ENVELOPE_KIND.error;

function openPart(part: SegmentPart, sink: OutcomeSink): SegmentReader | undefined {
  let problem: Error;
  try {
    const reader = new SegmentReader(part.segment);
    if (reader.count === part.count || isOneError(reader)) return reader;
    const text = `A segment must have ${part.count} outcomes, but it has ${reader.count} envelopes.`;
    problem = new ManyhandsError('SEGMENT_MALFORMED', text);
  } catch (error) {
    problem = error as Error;
  }
  for (let index = 0; index < part.count; index++) sink.failure(part.first + index, problem);
  return undefined;
}

function readFailure(kind: number, body: Uint8Array): Error {
  if (kind === ENVELOPE_KIND.error) return decodeError(body);
  return new ManyhandsError(
    'VALUE_MALFORMED',
    `An outcome has the kind ${kind}, which this version cannot decode.`,
  );
}

async function fetchLarge(
  large: { sliceNumber: number; ref: BlobRef }[],
  sink: OutcomeSink,
  fetchBlob: (ref: BlobRef) => Promise<Uint8Array>,
): Promise<void> {
  let next = 0;
  const fetchSome = async (): Promise<void> => {
    while (next < large.length) {
      const { sliceNumber, ref } = large[next++]!;
      let value: unknown;
      try {
        value = decodeValue(await fetchBlob(ref));
      } catch (error) {
        sink.failure(sliceNumber, error as Error);
        continue;
      }
      sink.result(sliceNumber, value);
    }
  };
  await Promise.all(Array.from({ length: Math.min(FETCHES_MAX, large.length) }, fetchSome));
}
