/**
 * How much a sandbox may say: so many messages a second, so many bytes of outcomes for each batch that it was handed.
 * What is in the sandbox keeps to far less; a sandbox that does not is no longer run by our harness.
 * @module
 */
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  SANDBOX_MESSAGES_BURST_MAX,
  SANDBOX_MESSAGES_PER_SECOND_MAX,
  SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX,
} from '../../../protocol/limits.js';
import { TokenBucket } from '../../../lib/token-bucket.js';

/** Batches whose bytes may come together. */
const BATCHES_AT_ONCE = 4;

export class MessageRation {
  readonly #messages: TokenBucket;
  #outputLeft = 0;

  constructor(nowMs: number) {
    this.#messages = new TokenBucket(SANDBOX_MESSAGES_PER_SECOND_MAX, SANDBOX_MESSAGES_BURST_MAX, nowMs);
  }

  /** A batch was handed in. */
  fed(): void {
    const most = BATCHES_AT_ONCE * SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX;
    this.#outputLeft = Math.min(most, this.#outputLeft + SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX);
  }

  /** Why what was heard is too much; undefined where it is not. */
  heard(raw: unknown, nowMs: number): string | undefined {
    if (!this.#messages.take(nowMs)) return 'The sandbox posted more messages than anybody could read.';
    if (typeof raw !== 'object' || raw === null) return undefined;
    const { segment, message } = raw as { segment?: unknown; message?: unknown };
    if (typeof message === 'string' && message.length > CONSOLE_BYTES_PER_SLICE_MAX) {
      return 'The sandbox posted a longer text than it may.';
    }
    if (!(segment instanceof Uint8Array)) return undefined;
    this.#outputLeft -= segment.byteLength;
    if (this.#outputLeft >= 0) return undefined;
    return `The outcomes of a batch were over ${SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX} bytes.`;
  }
}
