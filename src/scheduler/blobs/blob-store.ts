/**
 * The blob store port: bytes by their SHA-256, written once and never changed; and the tickets that authorize an upload.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { ManyhandsError } from '../../lib/errors.js';
import { toHex } from '../../lib/crypto/ids.js';
import type { Random } from '../../lib/crypto/random.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { BLOB_BYTES_MAX, BLOB_TICKET_MS_MAX } from '../../protocol/limits.js';

export interface BlobStore {
  /** Size in bytes; undefined when it is not stored. */
  size(digest: string): Promise<number | undefined>;
  /**
   * Stores the bytes; they are on disk when it resolves.
   * @param bytes the announced size
   * @throws BLOB_MISMATCH when digest or size differ, LIMIT_EXCEEDED when the store is full, STORE_FULL when the disk is
   */
  put(digest: string, bytes: number, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Size and content; undefined when it is not stored. */
  get(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> } | undefined>;
}

/**
 * Upload tickets. They are signed, not stored, so that they use no memory. The key is new in each run of the scheduler, so
 * clients request a new ticket after a restart.
 */
export class BlobTickets {
  readonly #clock: Clock;
  readonly #key: string;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#key = toHex(random.bytes(32));
  }

  /** A ticket for one blob of that size in bytes. @throws VALUE_TOO_LARGE past `BLOB_BYTES_MAX` */
  issue(digest: string, bytes: number): string {
    if (bytes > BLOB_BYTES_MAX) {
      throw new ManyhandsError(
        'VALUE_TOO_LARGE',
        `a blob has at most ${BLOB_BYTES_MAX} bytes, not ${bytes}`,
        { bytes },
      );
    }
    const untilMs = Math.ceil(this.#clock.monotonicMs()) + BLOB_TICKET_MS_MAX;
    return `${untilMs}.${bytes}.${this.#sign(digest, untilMs, bytes)}`;
  }

  /** The size that the ticket authorizes for that blob; undefined when it is invalid or expired. */
  verify(ticket: string, digest: string): { bytes: number } | undefined {
    const found = TICKET_PATTERN.exec(ticket);
    if (found === null) return undefined;
    const [untilMs, bytes] = [Number(found[1]), Number(found[2])];
    if (found[3] !== this.#sign(digest, untilMs, bytes)) return undefined;
    return untilMs < this.#clock.monotonicMs() ? undefined : { bytes };
  }

  #sign(digest: string, untilMs: number, bytes: number): string {
    const text = [this.#key, digest, untilMs, bytes, this.#key].join(':');
    return sha256Hex(new TextEncoder().encode(text));
  }
}

const TICKET_PATTERN = /^(\d{1,15})\.(\d{1,15})\.([0-9a-f]{64})$/;
