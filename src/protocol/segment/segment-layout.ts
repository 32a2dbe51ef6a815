/**
 * Writes and checks the header and the offset table of a segment. docs/values.md has the layout.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ENVELOPE_KIND_MAX } from './envelope.js';
import { SEGMENT_SLICES_MAX } from '../limits.js';

/** `MS`, the version, and the codec of the values (1: docs/values.md). */
const MAGIC = 0x4d530101;
export const HEADER_BYTES = 12;

/** The segment of these envelopes. `ends`: where each ends, counted from `begin` bytes before the first. */
export function assemble(ends: Uint32Array, begin: number, bodies: Uint8Array): Uint8Array<ArrayBuffer> {
  const table = HEADER_BYTES + 4 * ends.length;
  const segment = new Uint8Array(table + bodies.length);
  const view = new DataView(segment.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, ends.length);
  for (let i = 0; i < ends.length; i++) view.setUint32(HEADER_BYTES + 4 * i, ends[i]! - begin);
  segment.set(bodies, table);
  return segment;
}

/** Checks the header and the length of the offset table; returns the count. @throws SEGMENT_MALFORMED */
export function checkHeader(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES) throw malformed('it is shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== MAGIC)
    throw malformed('it does not begin as one, or is of an unknown version or codec');
  const count = view.getUint32(4);
  if (count < 1 || count > SEGMENT_SLICES_MAX) throw malformed(`${count} envelopes`);
  if (view.getUint32(8) !== 0) throw malformed('it has dependencies, which this version does not know');
  if (bytes.length < HEADER_BYTES + 4 * count) throw malformed('it is shorter than its offset table');
  return count;
}

/** @throws INVALID_ARGUMENT where not all of `count` envelopes from index `from` on are among `total` */
export function checkRun(from: number, count: number, total: number): void {
  const whole = Number.isInteger(from) && Number.isInteger(count) && from >= 0 && count >= 1;
  if (!whole || from + count > total) {
    throw new ManyhandsError('INVALID_ARGUMENT', `envelopes ${from} to ${from + count - 1} of ${total}`);
  }
}

/** Where envelope `index` starts: the end of the one before it. */
export function startOf(bytes: Uint8Array, index: number): number {
  if (index === 0) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(HEADER_BYTES + 4 * (index - 1));
}

/** What the offset table and the first bytes of some envelopes say. */
export interface EnvelopeTable {
  /** Where each envelope ends, counted from the start of the segment's first. */
  readonly ends: Uint32Array;
  /** A bit for each kind that occurs: `1 << kind`. */
  readonly kinds: number;
}

/** Reads the table of `count` envelopes from index `from` on; checks their kinds and that they are within the bytes. @throws SEGMENT_MALFORMED */
export function readTable(bytes: Uint8Array, bodies: number, from: number, count: number): EnvelopeTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const room = bytes.length - bodies;
  const ends = new Uint32Array(count);
  let start = startOf(bytes, from);
  let kinds = 0;
  for (let i = 0; i < count; i++) {
    const end = view.getUint32(HEADER_BYTES + 4 * (from + i));
    if (end <= start || end > room) {
      throw malformed(`envelope ${from + i} ends before it begins or behind the segment's end`);
    }
    const kind = bytes[bodies + start]!;
    if (kind > ENVELOPE_KIND_MAX) throw malformed(`envelope ${from + i} is of an unknown kind`);
    kinds |= 1 << kind;
    ends[i] = end;
    start = end;
  }
  return { ends, kinds };
}

export function malformed(what: string): ManyhandsError {
  return new ManyhandsError('SEGMENT_MALFORMED', `not a segment: ${what}`);
}
