/**
 * Reading tar as it comes in, chunk by chunk, into a tree. Only files and directories get in: no links, no
 * devices, no way out of the root; sizes are checked before memory is taken.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { PATH_BYTES_MAX } from './limits.js';
import { utf8Length } from './paths.js';
import {
  BLOCK_BYTES,
  decodeUntilNul,
  isZeroBlock,
  malformed,
  readPaxRecords,
  readTarHeader,
} from './tar-header.js';
import type { TarHeader } from './tar-header.js';
import { tooLarge } from './tree.js';
import type { Tree } from './tree.js';

/** A header of headers (a long name, pax records) is small. */
const META_BYTES_MAX = 65_536;
/** Archives are filled up to whole records behind their end; tar's largest usual record is 1 MiB. */
const TRAILER_BYTES_MAX = 1024 * 1024;

export class TarReader {
  readonly #tree: Tree;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockFilled = 0;
  #header: TarHeader | undefined;
  #body = new Uint8Array(0);
  #bodyFilled = 0;
  #paddingLeft = 0;
  /** From a header that precedes the member's own. */
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
        const taken = Math.min(rest, this.#paddingLeft);
        this.#paddingLeft -= taken;
        at += taken;
      } else if (this.#header !== undefined) {
        const taken = Math.min(rest, this.#body.length - this.#bodyFilled);
        this.#body.set(chunk.subarray(at, at + taken), this.#bodyFilled);
        this.#bodyFilled += taken;
        at += taken;
        if (this.#bodyFilled === this.#body.length) this.#finishMember(this.#header);
      } else {
        const taken = Math.min(rest, BLOCK_BYTES - this.#blockFilled);
        this.#block.set(chunk.subarray(at, at + taken), this.#blockFilled);
        this.#blockFilled += taken;
        at += taken;
        if (this.#blockFilled === BLOCK_BYTES) this.#startMember();
      }
    }
    this.#trailerBytes += chunk.length - at;
    if (this.#trailerBytes > TRAILER_BYTES_MAX) malformed('it goes on behind its end');
  }

  /** All has come in. @throws JOBFS_MALFORMED where something is missing */
  end(): void {
    const atBoundary = this.#blockFilled === 0 && this.#header === undefined && this.#paddingLeft === 0;
    if (!this.#ended && !atBoundary) malformed('it ends in the middle');
    if (this.#longName !== undefined || this.#longBytes !== undefined)
      malformed('it ends behind an extended header');
  }

  #startMember(): void {
    this.#blockFilled = 0;
    if (isZeroBlock(this.#block)) {
      this.#ended = true;
      return;
    }
    const header = readTarHeader(this.#block, this.#longName);
    if (isMeta(header.type)) {
      if (header.bytes > META_BYTES_MAX) malformed('an extended header is too long');
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
    if (isMeta(header.type)) {
      this.#takeMeta(header.type, body);
      return;
    }
    const path = memberPath(header.name);
    try {
      // Old archives mark a directory by its name alone.
      if (header.type === '5' || header.name.endsWith('/')) this.#tree.putDirectory(path);
      else this.#tree.putFile(path, body);
    } catch (error) {
      if (error instanceof ManyhandsError && error.code === 'JOBFS_PATH')
        malformed('a file and a directory have one name');
      throw error;
    }
  }

  #takeMeta(type: string, body: Uint8Array): void {
    if (type === 'L') {
      this.#longName = decodeUntilNul(body);
      return;
    }
    const records = readPaxRecords(body);
    for (const key of records.keys()) {
      if (key.startsWith('GNU.sparse.')) malformed('it has a sparse file');
      if (type === 'g' && (key === 'path' || key === 'size')) malformed('it names many members at once');
    }
    this.#longName = records.get('path') ?? this.#longName;
    const bytes = records.get('size');
    if (bytes === undefined) return;
    if (!/^[0-9]{1,15}$/.test(bytes)) malformed('an extended header has no proper size');
    this.#longBytes = Number(bytes);
  }
}

/** Headers that only say something of the next member, or of all. */
function isMeta(type: string): boolean {
  return type === 'x' || type === 'g' || type === 'L';
}

function checkMember({ name, type, bytes }: TarHeader): void {
  if (type === '1' || type === '2' || type === 'K') malformed('it has a link, and links are not taken');
  if (type !== '0' && type !== '5' && type !== '7')
    malformed(`it has a member of kind ${JSON.stringify(type)}`);
  if ((type === '5' || name.endsWith('/')) && bytes > 0) malformed('it has a directory with content');
}

/** The absolute path of a member; one that is not absolute counts from the root. */
function memberPath(name: string): string {
  if (name.includes('\0') || name === '') malformed('a member has no proper name');
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) malformed('a member has ".." in its name');
  const path = `/${parts.join('/')}`;
  if (path === '/' && !name.endsWith('/') && !name.endsWith('.')) malformed('a member has no proper name');
  const length = utf8Length(path);
  if (length > PATH_BYTES_MAX) tooLarge('bytes in a path', PATH_BYTES_MAX, length);
  return path;
}
