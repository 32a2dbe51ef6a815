/**
 * Parses a tar header block and the records of a pax header. Both are untrusted.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';

export const BLOCK_BYTES = 512;

export interface TarHeader {
  name: string;
  /** One character; the NUL of old archives is returned as `0`. */
  type: string;
  /** Size of the content that follows the header, bytes. */
  bytes: number;
}

/**
 * @param longName the name from a preceding extended header, which replaces the possibly truncated name of this one
 * @throws JOBFS_MALFORMED
 */
export function readTarHeader(block: Uint8Array, longName?: string): TarHeader {
  checkSum(block);
  const type = String.fromCharCode(block[156]! || 0x30);
  const bytes = numberField(block, 124, 12);
  if (longName !== undefined) return { name: longName, type, bytes };
  const name = textField(block, 0, 100);
  // GNU archives store other fields where POSIX has the prefix of a long name.
  const prefix = asciiField(block, 257, 6) === 'ustar' && block[262] === 0 ? textField(block, 345, 155) : '';
  return { name: prefix === '' ? name : `${prefix}/${name}`, type, bytes };
}

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** The records `<length> <key>=<value>\n` of a pax header. @throws JOBFS_MALFORMED */
export function readPaxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space === -1 || space - at > 6 ? '' : asciiField(bytes, at, space - at);
    const end = at + Number(digits);
    if (!/^[1-9][0-9]*$/.test(digits) || end > bytes.length || end < space + 3 || bytes[end - 1] !== 0x0a) {
      refuseBundle('an extended header has a record of the wrong length');
    }
    const equals = bytes.indexOf(0x3d, space);
    if (equals === -1 || equals >= end) refuseBundle('an extended header has a record without a key');
    records.set(
      decodeText(bytes.subarray(space + 1, equals)),
      decodeText(bytes.subarray(equals + 1, end - 1)),
    );
    at = end;
  }
  return records;
}

/** Decodes UTF-8 up to the first NUL. */
export function decodeUntilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end === -1 ? bytes : bytes.subarray(0, end));
}

/** @throws JOBFS_MALFORMED always */
export function refuseBundle(reason: string): never {
  throw new ManyhandsError('JOBFS_MALFORMED', `The bundle of files cannot be unpacked: ${reason}.`);
}

function checkSum(block: Uint8Array): void {
  let sum = 0;
  // The checksum field itself counts as spaces.
  for (let i = 0; i < BLOCK_BYTES; i++) sum += i >= 148 && i < 156 ? 0x20 : block[i]!;
  if (sum !== numberField(block, 148, 8)) refuseBundle('a header has the wrong checksum');
}

function textField(block: Uint8Array, at: number, length: number): string {
  return decodeUntilNul(block.subarray(at, at + length));
}

function asciiField(block: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...block.subarray(at, at + length)).replace(/\0.*$/s, '');
}

/** Parses octal digits, or a big-endian number if the top bit is set, as GNU tar writes numbers too large for octal. */
function numberField(block: Uint8Array, at: number, length: number): number {
  if ((block[at]! & 0x80) !== 0) {
    let value = block[at]! & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + block[i]!;
    if (!Number.isSafeInteger(value)) refuseBundle('a number in a header is too large');
    return value;
  }
  const text = asciiField(block, at, length).trim();
  if (!/^[0-7]*$/.test(text)) refuseBundle('a number in a header is not octal');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return refuseBundle('a name is not UTF-8');
  }
}
