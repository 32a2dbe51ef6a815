/**
 * Rate limits of a sandbox's messages: messages a second, and bytes of outcomes for each batch that was sent. The code in
 * the sandbox stays far below; a sandbox above them does not run our code any more and is ended.
 * @module
 */
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  SANDBOX_MESSAGES_BURST_MAX,
  SANDBOX_MESSAGES_PER_SECOND_MAX,
  SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX,
} from '../../../protocol/limits.js';
import { TokenBucket } from '../../../lib/token-bucket.js';

/** Maximum number of batches whose bytes may arrive together. */
const BATCHES_AT_ONCE = 4;

export class MessageRateLimit {
  readonly #messages: TokenBucket;
  #outputLeft = 0;

  constructor(nowMs: number) {
    this.#messages = new TokenBucket(SANDBOX_MESSAGES_PER_SECOND_MAX, SANDBOX_MESSAGES_BURST_MAX, nowMs);
  }

  /** A batch was sent to the sandbox. */
  batchSent(): void {
    const most = BATCHES_AT_ONCE * SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX;
    this.#outputLeft = Math.min(most, this.#outputLeft + SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX);
  }

  /** Checks a message; returns why it exceeds a limit, or undefined. */
  check(raw: unknown, nowMs: number): string | undefined {
    if (!this.#messages.take(nowMs)) return 'The sandbox posted more messages than the limit allows.';
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
