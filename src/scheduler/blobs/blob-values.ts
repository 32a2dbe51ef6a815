/**
 * Which blobs are values, for outcomes that name them: each is read once, part by part, when it is first named. Who wants
 * one read has put it here before, so reading costs no more than taking it did.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { ValueScan } from '../../protocol/values/values-scan.js';
import type { BlobStore } from './blobs.js';

/** Digests whose answer is kept. */
const KNOWN_MAX = 4_096;

export class BlobValues {
  readonly #blobs: BlobStore;
  /** By digest, in the order of their last use. */
  readonly #known = new Map<string, Promise<boolean>>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /**
   * @throws BLOB_UNKNOWN where it is not here, SEGMENT_MALFORMED where it is of another size than its reference says or is
   *   no value, and what reading fails with
   */
  async check({ digest, bytes }: BlobRef, what: string): Promise<void> {
    const size = await this.#blobs.size(digest);
    if (size === undefined) throw unknownBlob(digest, what);
    if (size !== bytes) {
      const text = `${what} says that blob ${digest} has ${bytes} bytes, and it has ${size}`;
      throw new ManyhandsError('SEGMENT_MALFORMED', text, { digest });
    }
    if (await this.#isValue(digest)) return;
    throw new ManyhandsError('SEGMENT_MALFORMED', `${what} names blob ${digest}, which is no encoded value`, {
      digest,
    });
  }

  #isValue(digest: string): Promise<boolean> {
    const known = this.#known.get(digest) ?? this.#read(digest);
    this.#known.delete(digest);
    this.#known.set(digest, known);
    // What could not be read is read again when it is named again.
    known.catch(() => this.#known.delete(digest));
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.keys().next().value!);
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
  return new ManyhandsError('BLOB_UNKNOWN', `${what} names blob ${digest}, which is not here: put it first`, {
    digest,
  });
}
