/**
 * Outcomes on their way out of a sandbox: collected into segments, and flushed by time, by bytes, at a batch's
 * end, or each by itself.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { encodeError, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { SEGMENT_BYTES_MAX, SEGMENT_SLICES_MAX } from '../../protocol/limits.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { SegmentWriter, sliceSegment } from '../../protocol/segment/segment.js';
import { retryWithIntrinsics, steadily } from '../realm/intrinsics.js';
import { plainError } from '../runtime/work-error.js';

/** Bytes after which outcomes leave within a batch. */
export const FLUSH_BYTES = 256 * 1024;
/** Milliseconds after which outcomes leave within a batch. */
export const FLUSH_MS = 200;

type Post = (message: SandboxToSupervisor, transfer?: ArrayBuffer[]) => void;

export class OutcomeWriter {
  readonly #post: Post;
  readonly #writer = new SegmentWriter();
  #batch = 0;
  #first = 0;
  #count = 0;
  #flushedMs = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  /** Outcomes from here on are of this batch, whose first slice is `first`. */
  start(batch: number, first: number, nowMs: number): void {
    this.#batch = batch;
    this.#first = first;
    this.#flushedMs = nowMs;
  }

  /** Goes on with slice `first`; outcomes of consecutive slices only may share a segment. */
  continueAt(first: number, nowMs: number): void {
    if (first === this.#first + this.#count) return;
    this.flush(nowMs, false);
    this.#first = first;
  }

  /** Whether what was collected should leave for its size. */
  get full(): boolean {
    return this.#writer.byteLength >= FLUSH_BYTES || this.#count >= SEGMENT_SLICES_MAX;
  }

  isDue(nowMs: number): boolean {
    return nowMs - this.#flushedMs >= FLUSH_MS;
  }

  /** Throws RESULT_NOT_CLONEABLE or RESULT_TOO_LARGE, and then nothing was added. */
  addValue(value: unknown): void {
    try {
      this.#appendValue(value);
    } catch (error) {
      throw asResultError(error);
    }
    this.#count++;
  }

  #appendValue(value: unknown): void {
    try {
      this.#writer.appendValue(value);
    } catch (error) {
      retryWithIntrinsics(error, () => this.#writer.appendValue(value));
    }
  }

  /** Never throws. */
  addError(error: unknown): void {
    steadily(() => this.#writer.appendEnvelope(ENVELOPE_KIND.error, errorBody(error)));
    this.#count++;
  }

  /** Sends what was collected. `computeMs` is the time since the last flush. */
  flush(nowMs: number, done: boolean): void {
    const computeMs = Math.max(0, nowMs - this.#flushedMs);
    this.#flushedMs = nowMs;
    const count = this.#count;
    if (count === 0) return;
    const segment = steadily(() => this.#writer.finish());
    this.#count = 0;
    // The last outcome took it over the limit of a segment: it goes by itself.
    const parts = steadily(() =>
      segment.length <= SEGMENT_BYTES_MAX || count <= 1
        ? undefined
        : { most: sliceSegment(segment, 0, count - 1), last: sliceSegment(segment, count - 1, 1) },
    );
    if (parts === undefined) return this.#send(segment, count, computeMs, done);
    this.#send(parts.most, count - 1, computeMs, false);
    this.#send(parts.last, 1, 0, done);
  }

  #send(segment: Uint8Array, count: number, computeMs: number, done: boolean): void {
    const message = {
      type: 'outcomes',
      batch: this.#batch,
      first: this.#first,
      count,
      computeMs,
      done,
    } as const;
    this.#first += count;
    steadily(() => {
      const tight = segment.byteLength === segment.buffer.byteLength ? segment : segment.slice();
      this.#post({ ...message, segment: tight }, [tight.buffer as ArrayBuffer]);
    });
  }
}

function asResultError(error: unknown): unknown {
  if (!isError(error)) return error;
  const about = `The work function's result: ${error.message}`;
  if (error.code === 'VALUE_NOT_CLONEABLE')
    return new ManyhandsError('RESULT_NOT_CLONEABLE', about, { ...error.info });
  if (error.code === 'VALUE_TOO_LARGE')
    return new ManyhandsError('RESULT_TOO_LARGE', about, { ...error.info });
  return error;
}

function errorBody(error: unknown): Uint8Array {
  try {
    return encodeError(error);
  } catch {
    return encodeError(plainError('Error', 'The work function threw something that cannot be encoded', ''));
  }
}
