/**
 * Reads zip archives, of which Python wheels are a kind: the list of files at once, each file's bytes on demand. Archives
 * of strangers are safe to open: paths cannot leave the root, and no file is larger than it says.
 * @module
 */
import { inflateSync } from 'fflate';
import { ManyhandsError } from '../lib/errors.js';

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const COMMENT_BYTES_MAX = 65_535;
const STORED = 0;
const DEFLATED = 8;

/** One file of an archive. */
export interface ZipFile {
  /** Its path in the archive, relative, with `/`. */
  readonly path: string;
  /** Its bytes, unpacked. */
  readonly size: number;
  /** Unpacks it anew at each call. @throws JOBFS_MALFORMED where its bytes are not those that the archive announces */
  read(): Uint8Array;
}

/**
 * The files of an archive, in its order; directories are left out.
 * @param what what an error message calls the archive
 * @param unpackedMax the maximum sum of the sizes of its files, bytes
 * @throws JOBFS_MALFORMED, also for encrypted archives and those of more than 4 GiB; JOBFS_TOO_LARGE
 */
export function openZip(archive: Uint8Array, what: string, unpackedMax: number): ZipFile[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = findEnd(view, what);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  let unpacked = 0;
  const files: ZipFile[] = [];
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL_SIGNATURE)
      throw malformed(what, 'its list of files is damaged');
    const entry = readEntry(view, at, what);
    at += CENTRAL_BYTES + entry.headerBytes;
    if (entry.path.endsWith('/')) continue;
    unpacked += entry.size;
    if (unpacked > unpackedMax) {
      const text = `${what} has more than ${unpackedMax} bytes in its files`;
      throw new ManyhandsError('JOBFS_TOO_LARGE', text, { limit: unpackedMax });
    }
    const { path, size } = entry;
    files.push({ path, size, read: () => unpack(archive, view, entry, what) });
  }
  return files;
}

interface Entry {
  path: string;
  method: number;
  packedSize: number;
  size: number;
  /** Where its local header begins. */
  at: number;
  /** The bytes of the variable part of its header. */
  headerBytes: number;
}

/** The end of the archive's directory is found from the archive's end, before which there may be a comment. */
function findEnd(view: DataView, what: string): number {
  const first = Math.max(0, view.byteLength - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = view.byteLength - END_BYTES; at >= first; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  throw malformed(what, 'it is no zip archive');
}

function readEntry(view: DataView, at: number, what: string): Entry {
  const nameBytes = view.getUint16(at + 28, true);
  const headerBytes = nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (at + CENTRAL_BYTES + headerBytes > view.byteLength) throw malformed(what, 'it is cut off');
  const name = new Uint8Array(view.buffer, view.byteOffset + at + CENTRAL_BYTES, nameBytes);
  const path = new TextDecoder().decode(name);
  const parts = path.replace(/\/$/, '').split('/');
  if (/[\0\\]/.test(path) || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw malformed(what, `it has a file outside of its root: ${JSON.stringify(path.slice(0, 200))}`);
  const method = view.getUint16(at + 10, true);
  const isEncrypted = (view.getUint16(at + 8, true) & 1) !== 0;
  if (isEncrypted || (method !== STORED && method !== DEFLATED))
    throw malformed(what, `${path} is packed in a way that is not supported`);
  return {
    path,
    method,
    packedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    at: view.getUint32(at + 42, true),
    headerBytes,
  };
}

function unpack(archive: Uint8Array, view: DataView, entry: Entry, what: string): Uint8Array {
  const { at, path, method, packedSize, size } = entry;
  if (at + LOCAL_BYTES > view.byteLength || view.getUint32(at, true) !== LOCAL_SIGNATURE)
    throw malformed(what, `${path} is not where its list says`);
  const from = at + LOCAL_BYTES + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const packed = archive.subarray(from, from + packedSize);
  const isWhole = packed.length === packedSize && (method !== STORED || packedSize === size);
  if (!isWhole) throw malformed(what, `${path} is cut off`);
  if (method === STORED) return packed.slice();
  let bytes: Uint8Array;
  try {
    // One byte more, so that a file that is longer than it says is noticed.
    bytes = inflateSync(packed, { out: new Uint8Array(size + 1) });
  } catch (cause) {
    throw malformed(what, `${path} cannot be unpacked`, cause);
  }
  if (bytes.length !== size) throw malformed(what, `${path} has ${bytes.length} bytes in place of ${size}`);
  return bytes;
}

function malformed(what: string, why: string, cause?: unknown): ManyhandsError<'JOBFS_MALFORMED'> {
  return new ManyhandsError('JOBFS_MALFORMED', `${what} cannot be read: ${why}.`, {}, { cause });
}
