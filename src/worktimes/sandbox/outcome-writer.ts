/**
 * Collects a sandbox's outcomes into segments and sends them: after a time, after a number of bytes, at the end of a
 * batch, or one by one.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { encodeError, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { SEGMENT_BYTES_MAX, SEGMENT_SLICES_MAX } from '../../protocol/limits.js';
import type { SandboxToSupervisor } from '../../protocol/messages/sandbox-messages.js';
import { SegmentWriter, sliceSegment } from '../../protocol/segment/segment.js';
import { retryWithIntrinsics, withIntrinsics } from '../realm/intrinsics.js';
import { plainError } from '../runtime/work-error.js';

/** Bytes after which the outcomes collected so far are sent within a batch. */
export const FLUSH_BYTES = 256 * 1024;
/** Milliseconds after which the outcomes collected so far are sent within a batch. */
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

  /** Starts a batch whose first slice is `first`. */
  start(batch: number, first: number, nowMs: number): void {
    this.#batch = batch;
    this.#first = first;
    this.#flushedMs = nowMs;
  }

  /** Continues with slice `first`. Flushes first where it does not follow: a segment holds consecutive slices only. */
  continueAt(first: number, nowMs: number): void {
    if (first === this.#first + this.#count) return;
    this.flush(nowMs, false);
    this.#first = first;
  }

  /** Whether the collected outcomes reached the size at which they are sent. */
  get isFull(): boolean {
    return this.#writer.byteLength >= FLUSH_BYTES || this.#count >= SEGMENT_SLICES_MAX;
  }

  isDue(nowMs: number): boolean {
    return nowMs - this.#flushedMs >= FLUSH_MS;
  }

  /** @throws RESULT_NOT_CLONEABLE or RESULT_TOO_LARGE; nothing is added then */
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
    withIntrinsics(() => this.#writer.appendEnvelope(ENVELOPE_KIND.error, errorBody(error)));
    this.#count++;
  }

  /** Sends the collected outcomes; their `computeMs` is the time since the last flush. */
  flush(nowMs: number, done: boolean): void {
    const computeMs = Math.max(0, nowMs - this.#flushedMs);
    this.#flushedMs = nowMs;
    const count = this.#count;
    if (count === 0) return;
    const segment = withIntrinsics(() => this.#writer.finish());
    this.#count = 0;
    // The last outcome exceeded the size limit of a segment: it is sent alone.
    const parts = withIntrinsics(() =>
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
    withIntrinsics(() => {
      const tight = segment.byteLength === segment.buffer.byteLength ? segment : segment.slice();
      this.#post({ ...message, segment: tight }, [tight.buffer as ArrayBuffer]);
    });
  }
}

function asResultError(error: unknown): unknown {
  if (!isError(error)) return error;
  const text = `The work function's result: ${error.message}`;
  if (error.code === 'VALUE_NOT_CLONEABLE')
    return new ManyhandsError('RESULT_NOT_CLONEABLE', text, { ...error.info });
  if (error.code === 'VALUE_TOO_LARGE')
    return new ManyhandsError('RESULT_TOO_LARGE', text, { ...error.info });
  return error;
}

function errorBody(error: unknown): Uint8Array {
  try {
    return encodeError(error);
  } catch {
    return encodeError(plainError('Error', 'The work function threw something that cannot be encoded', ''));
  }
}
