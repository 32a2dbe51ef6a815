/**
 * The blob store port: bytes by their SHA-256, written once and never changed; and the tickets that let a peer put one.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { newId } from '../lib/ids.js';
import type { Random } from '../lib/random.js';
import { BLOB_BYTES_MAX, BLOB_TICKET_MS_MAX, BLOB_TICKETS_MAX } from '../protocol/limits.js';

export interface BlobStore {
  /** Its size in bytes, or undefined. */
  size(digest: string): Promise<number | undefined>;
  /**
   * Keeps the bytes, on disk when it resolves. Throws `BLOB_MISMATCH` when they are not that digest's, `VALUE_TOO_LARGE`
   * past `bytes`, `LIMIT_EXCEEDED` when the store is full.
   */
  put(digest: string, bytes: number, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Its content, or undefined. */
  get(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> } | undefined>;
}

interface Ticket {
  digest: string;
  bytes: number;
  untilMs: number;
}

/** Tickets are kept in memory: after a restart a client asks for a new one. */
export class BlobTickets {
  readonly #tickets = new Map<string, Ticket>();
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A ticket for one blob of that size. */
  issue(digest: string, bytes: number): string {
    if (bytes > BLOB_BYTES_MAX) {
      throw new ManyhandsError(
        'VALUE_TOO_LARGE',
        `a blob has at most ${BLOB_BYTES_MAX} bytes, not ${bytes}`,
        { bytes },
      );
    }
    this.#forgetOld();
    if (this.#tickets.size >= BLOB_TICKETS_MAX) {
      throw new ManyhandsError(
        'LIMIT_EXCEEDED',
        'too many blobs are on their way at once: try again in a while',
        {
          limit: 'BLOB_TICKETS_MAX',
          max: BLOB_TICKETS_MAX,
          actual: this.#tickets.size,
        },
      );
    }
    const ticket = newId(this.#random);
    this.#tickets.set(ticket, { digest, bytes, untilMs: this.#clock.monotonicMs() + BLOB_TICKET_MS_MAX });
    return ticket;
  }

  /** Whether that ticket lets that blob in, and how large it may be. */
  admit(ticket: string, digest: string): { bytes: number } | undefined {
    const found = this.#tickets.get(ticket);
    if (found?.digest !== digest || found.untilMs < this.#clock.monotonicMs()) return undefined;
    return found;
  }

  #forgetOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [ticket, { untilMs }] of this.#tickets) {
      if (untilMs >= nowMs) return;
      this.#tickets.delete(ticket);
    }
  }
}
