/**
 * Reads a tar archive in chunks into a tree. Only files and directories inside the root are accepted, no links and no
 * devices; sizes are checked before memory is allocated.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { PATH_BYTES_MAX } from './limits.js';
import { encodedLength } from './paths.js';
import {
  BLOCK_BYTES,
  decodeUntilNul,
  isZeroBlock,
  refuseBundle,
  readPaxRecords,
  readTarHeader,
} from './tar-header.js';
import type { TarHeader } from './tar-header.js';
import { tooLarge } from './tree.js';
import type { Tree } from './tree.js';

/** Maximum size of an extended header (a long name, pax records), bytes. */
const EXTENDED_HEADER_BYTES_MAX = 65_536;
/** Maximum padding after the end: archives are padded to whole records, of which the largest usual size is 1 MiB. */
const TRAILER_BYTES_MAX = 1024 * 1024;

export class TarReader {
  readonly #tree: Tree;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockFilled = 0;
  #header: TarHeader | undefined;
  #body = new Uint8Array(0);
  #bodyFilled = 0;
  #paddingLeft = 0;
  /** From an extended header before the member's own header. */
  #longName: string | undefined;
  #longBytes: number | undefined;
  #ended = false;
  #trailerBytes = 0;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** @throws JOBFS_MALFORMED, JOBFS_TOO_LARGE */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      const rest = chunk.length - at;
      if (this.#paddingLeft > 0) {
        const copied = Math.min(rest, this.#paddingLeft);
        this.#paddingLeft -= copied;
        at += copied;
      } else if (this.#header !== undefined) {
        const copied = Math.min(rest, this.#body.length - this.#bodyFilled);
        this.#body.set(chunk.subarray(at, at + copied), this.#bodyFilled);
        this.#bodyFilled += copied;
        at += copied;
        if (this.#bodyFilled === this.#body.length) this.#finishMember(this.#header);
      } else {
        const copied = Math.min(rest, BLOCK_BYTES - this.#blockFilled);
        this.#block.set(chunk.subarray(at, at + copied), this.#blockFilled);
        this.#blockFilled += copied;
        at += copied;
        if (this.#blockFilled === BLOCK_BYTES) this.#startMember();
      }
    }
    this.#trailerBytes += chunk.length - at;
    if (this.#trailerBytes > TRAILER_BYTES_MAX) refuseBundle('it continues after its end');
  }

  /** Ends the archive. @throws JOBFS_MALFORMED if it is incomplete */
  end(): void {
    const atBoundary = this.#blockFilled === 0 && this.#header === undefined && this.#paddingLeft === 0;
    if (!this.#ended && !atBoundary) refuseBundle('it is truncated');
    if (this.#longName !== undefined || this.#longBytes !== undefined)
      refuseBundle('it ends after an extended header');
  }

  #startMember(): void {
    this.#blockFilled = 0;
    if (isZeroBlock(this.#block)) {
      this.#ended = true;
      return;
    }
    const header = readTarHeader(this.#block, this.#longName);
    if (isExtendedHeader(header.type)) {
      if (header.bytes > EXTENDED_HEADER_BYTES_MAX) refuseBundle('an extended header is too long');
    } else {
      header.bytes = this.#longBytes ?? header.bytes;
      this.#longName = undefined;
      this.#longBytes = undefined;
      checkMember(header);
      if (header.bytes > this.#tree.bytesLeft) tooLarge('bytes left', this.#tree.bytesLeft, header.bytes);
    }
    this.#header = header;
    this.#body = new Uint8Array(header.bytes);
    this.#bodyFilled = 0;
    if (header.bytes === 0) this.#finishMember(header);
  }

  #finishMember(header: TarHeader): void {
    const body = this.#body;
    this.#header = undefined;
    this.#paddingLeft = (BLOCK_BYTES - (body.length % BLOCK_BYTES)) % BLOCK_BYTES;
    if (isExtendedHeader(header.type)) {
      this.#readExtendedHeader(header.type, body);
      return;
    }
    const path = memberPath(header.name);
    try {
      // Old archives mark a directory only by the slash of its name.
      if (header.type === '5' || header.name.endsWith('/')) this.#tree.putDirectory(path);
      else this.#tree.putFile(path, body);
    } catch (error) {
      if (error instanceof ManyhandsError && error.code === 'JOBFS_PATH')
        refuseBundle('a file and a directory have the same name');
      throw error;
    }
  }

  #readExtendedHeader(type: string, body: Uint8Array): void {
    if (type === 'L') {
      this.#longName = decodeUntilNul(body);
      return;
    }
    const records = readPaxRecords(body);
    for (const key of records.keys()) {
      if (key.startsWith('GNU.sparse.')) refuseBundle('it contains a sparse file');
      if (type === 'g' && (key === 'path' || key === 'size'))
        refuseBundle('a global header sets a path or a size');
    }
    this.#longName = records.get('path') ?? this.#longName;
    const bytes = records.get('size');
    if (bytes === undefined) return;
    if (!/^[0-9]{1,15}$/.test(bytes)) refuseBundle('an extended header has an invalid size');
    this.#longBytes = Number(bytes);
  }
}

/** Extended headers, which describe the next member or all members. */
function isExtendedHeader(type: string): boolean {
  return type === 'x' || type === 'g' || type === 'L';
}

function checkMember({ name, type, bytes }: TarHeader): void {
  if (type === '1' || type === '2' || type === 'K')
    refuseBundle('it contains a link, which is not supported');
  if (type !== '0' && type !== '5' && type !== '7')
    refuseBundle(`it contains a member of type ${JSON.stringify(type)}`);
  if ((type === '5' || name.endsWith('/')) && bytes > 0) refuseBundle('it contains a directory with content');
}

/** The absolute path of a member; a relative one starts at the root. */
function memberPath(name: string): string {
  if (name.includes('\0') || name === '') refuseBundle('a member has an invalid name');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) refuseBundle('a member has ".." in its name');
  const path = `/${parts.join('/')}`;
  if (path === '/' && !name.endsWith('/') && !name.endsWith('.'))
    refuseBundle('a member has an invalid name');
  const length = encodedLength(path);
  if (length > PATH_BYTES_MAX) tooLarge('bytes in a path', PATH_BYTES_MAX, length);
  return path;
}
