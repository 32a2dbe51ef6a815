/**
 * Bundles: a tree of files as one gzipped tar. Equal files give equal bytes and so an equal digest, independent of the
 * order of adding, the time, the machine and the user.
 * @module
 */
import { delay } from '../lib/clock.js';
import type { Clock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { describeValue } from '../lib/options.js';
import { Gzipper, gunzip } from './gzip.js';
import { BUNDLE_BYTES_MAX, INFLATED_BYTES_MAX } from './limits.js';
import { TarReader } from './tar-read.js';
import { TAR_END, tarHeader, tarPadding } from './tar-write.js';
import { tooLarge, Tree } from './tree.js';
import type { TreeEntry } from './tree.js';

/** Bytes that are compressed before yielding to the event loop, about 30 ms. */
const SLICE_BYTES = 1024 * 1024;

/** @throws JOBFS_TOO_LARGE if the compressed bundle is too large for a blob */
export async function packTree(tree: Tree, clock: Clock): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const gzipper = new Gzipper((bytes) => {
    parts.push(bytes);
    length += bytes.length;
    if (length > BUNDLE_BYTES_MAX) tooLarge('bytes once it is compressed', BUNDLE_BYTES_MAX, length);
  });
  let sinceYield = 0;
  for (const [path, entry] of tree.sorted()) {
    const content = entry.kind === 'file' ? entry.bytes : new Uint8Array(0);
    gzipper.push(tarHeader(path, entry.kind, content.length));
    for (let at = 0; at < content.length; at += SLICE_BYTES) {
      const slice = content.subarray(at, at + SLICE_BYTES);
      gzipper.push(slice);
      sinceYield += slice.length;
      if (sinceYield < SLICE_BYTES) continue;
      sinceYield = 0;
      await delay(clock, 0);
    }
    gzipper.push(tarPadding(content.length));
  }
  gzipper.push(TAR_END);
  gzipper.end();
  return joined(parts, length);
}

/**
 * Unpacks a bundle to its files and directories by absolute path, each directory before its content. Untrusted bundles
 * are safe: they cannot escape the root, and the limits are enforced during decompression.
 * @throws INVALID_ARGUMENT, JOBFS_MALFORMED, JOBFS_TOO_LARGE
 */
export function unpackBundle(bytes: Uint8Array): Map<string, TreeEntry> {
  if (!(bytes instanceof Uint8Array)) {
    const text = `unpackBundle takes the bytes of a bundle; got ${describeValue(bytes)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'bytes' });
  }
  if (bytes.length > BUNDLE_BYTES_MAX)
    tooLarge('bytes once it is compressed', BUNDLE_BYTES_MAX, bytes.length);
  const tree = new Tree();
  const reader = new TarReader(tree);
  let inflated = 0;
  gunzip(bytes, (piece) => {
    inflated += piece.length;
    if (inflated > INFLATED_BYTES_MAX) tooLarge('bytes with all headers', INFLATED_BYTES_MAX, inflated);
    reader.push(piece);
  });
  reader.end();
  return new Map(tree.sorted());
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
