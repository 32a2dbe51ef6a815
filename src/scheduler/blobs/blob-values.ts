/**
 * Checks that blobs which outcomes name are encoded values. Each is read once, in chunks, when an outcome of a lease that
 * the reporting worker holds first names it; the last answers are cached. So the reads are bounded by the uploads and by
 * the slices that were granted.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { ValueScan } from '../../protocol/values/values-scan.js';
import type { BlobStore } from './blob-store.js';

/** Digests whose answer is cached. */
const KNOWN_MAX = 4_096;

export class BlobValues {
  readonly #blobs: BlobStore;
  /** Answers by digest, in the order of last use. */
  readonly #known = new Map<string, Promise<boolean>>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /**
   * @throws BLOB_UNKNOWN when it is not stored, SEGMENT_MALFORMED when its size differs from the reference or it is not an
   *   encoded value, and errors of reading
   */
  async check({ digest, bytes }: BlobRef, what: string): Promise<void> {
    const size = await this.#blobs.size(digest);
    if (size === undefined) throw unknownBlob(digest, what);
    if (size !== bytes) {
      const text = `${what} names blob ${digest} with ${bytes} bytes, but it has ${size}`;
      throw new ManyhandsError('SEGMENT_MALFORMED', text, { digest });
    }
    if (await this.#isValue(digest)) return;
    throw new ManyhandsError(
      'SEGMENT_MALFORMED',
      `${what} names blob ${digest}, which is not an encoded value`,
      {
        digest,
      },
    );
  }

  #isValue(digest: string): Promise<boolean> {
    const known = this.#known.get(digest) ?? this.#read(digest);
    // A failed read is not cached.
    known.catch(() => this.#known.delete(digest));
    setNewest(this.#known, digest, known, KNOWN_MAX);
    return known;
  }

  async #read(digest: string): Promise<boolean> {
    const found = await this.#blobs.get(digest);
    if (found === undefined) throw unknownBlob(digest, 'an outcome');
    const scan = new ValueScan(found.bytes);
    for await (const part of found.content) if (!scan.take(part)) return false;
    return scan.isWhole;
  }
}

export function unknownBlob(digest: string, what: string): ManyhandsError {
  return new ManyhandsError(
    'BLOB_UNKNOWN',
    `${what} names blob ${digest}, which is not stored here: upload it first`,
    {
      digest,
    },
  );
}
