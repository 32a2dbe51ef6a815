/**
 * Segments: consecutive envelopes behind a header and an offset table. The scheduler splits and joins them without decoding
 * values. The layout is in docs/values.md.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ENVELOPE_KIND, ENVELOPE_KIND_MAX } from './envelope.js';
import { SEGMENT_SLICES_MAX } from '../limits.js';
import { ValueReader } from '../values/values-reader.js';
import { isValueAt } from '../values/values-scan.js';
import { ValueWriter } from '../values/values-writer.js';

/** `MS`, the version, and the codec of the values (1: docs/values.md). */
const MAGIC = 0x4d530101;
/** The magic, the number of envelopes and the number of dependencies. */
const HEADER_BYTES = 12;

/** Builds a segment. Values are encoded directly into its buffer. */
export class SegmentWriter {
  readonly #writer: ValueWriter;
  /** Where each envelope ends, counted from the start of the first. */
  #ends = new Uint32Array(64);
  #count = 0;

  /** @param options `initialBytes`: initial size of the buffer for envelopes */
  constructor(options?: { initialBytes?: number }) {
    this.#writer = new ValueWriter(options?.initialBytes ?? 1024);
  }

  get count(): number {
    return this.#count;
  }

  /** Size of the segment that `finish` would return now. */
  get byteLength(): number {
    return HEADER_BYTES + 4 * this.#count + this.#writer.pos;
  }

  /**
   * Appends a value and returns the size of its envelope; where it throws, nothing is appended.
   * @throws VALUE_NOT_CLONEABLE, VALUE_TOO_LARGE, LIMIT_EXCEEDED where the segment is full
   */
  appendValue(value: unknown): number {
    const writer = this.#writer;
    const start = writer.pos;
    this.#checkRoom();
    writer.byte(ENVELOPE_KIND.value);
    try {
      writer.append(value);
    } catch (error) {
      writer.pos = start;
      throw error;
    }
    this.#close();
    return writer.pos - start;
  }

  /** Appends an envelope with an encoded body. @throws INVALID_ARGUMENT, LIMIT_EXCEEDED where the segment is full */
  appendEnvelope(kind: number, body: Uint8Array): void {
    if (!Number.isInteger(kind) || kind < 0 || kind > ENVELOPE_KIND_MAX) {
      throw new ManyhandsError('INVALID_ARGUMENT', `${kind} is not a kind of envelope`);
    }
    this.#checkRoom();
    this.#writer.byte(kind);
    this.#writer.raw(body);
    this.#close();
  }

  /** Appends a copy of another segment's envelope. @throws LIMIT_EXCEEDED where this segment is full */
  appendFrom(reader: SegmentReader, index: number): void {
    this.#checkRoom();
    this.#writer.raw(reader.envelope(index));
    this.#close();
  }

  /** Returns the segment and empties the writer. @throws INVALID_ARGUMENT where there is no envelope */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#count === 0)
      throw new ManyhandsError('INVALID_ARGUMENT', 'a segment has at least one envelope');
    const bodies = this.#writer.bytes.subarray(0, this.#writer.pos);
    const segment = assemble(this.#ends.subarray(0, this.#count), 0, bodies);
    this.#count = 0;
    this.#writer.pos = 0;
    return segment;
  }

  #checkRoom(): void {
    if (this.#count >= SEGMENT_SLICES_MAX) {
      throw new ManyhandsError('LIMIT_EXCEEDED', `a segment holds at most ${SEGMENT_SLICES_MAX} envelopes`, {
        limit: 'SEGMENT_SLICES_MAX',
        max: SEGMENT_SLICES_MAX,
        actual: this.#count + 1,
      });
    }
  }

  #close(): void {
    if (this.#count === this.#ends.length) {
      const more = new Uint32Array(this.#ends.length * 2);
      more.set(this.#ends);
      this.#ends = more;
    }
    this.#ends[this.#count++] = this.#writer.pos;
  }
}

/** Reads a segment. The constructor checks everything but the encoded values. */
export class SegmentReader {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #bodies: number;
  /** A bit for each kind that occurs. */
  readonly #kinds: number;
  #values: ValueReader | undefined;

  /** @throws SEGMENT_MALFORMED */
  constructor(bytes: Uint8Array) {
    const count = checkHeader(bytes);
    this.count = count;
    this.#bytes = bytes;
    this.#bodies = HEADER_BYTES + 4 * count;
    const { ends, kinds } = readTable(bytes, this.#bodies, 0, count);
    this.#ends = ends;
    this.#kinds = kinds;
    const left = bytes.length - this.#bodies - this.#ends[count - 1]!;
    if (left !== 0) throw malformed(`${left} bytes are left over`);
  }

  /** Whether all envelopes are of these kinds; costs nothing. */
  hasOnly(...kinds: number[]): boolean {
    return (this.#kinds & ~kinds.reduce((bits, kind) => bits | (1 << kind), 0)) === 0;
  }

  /** How many envelopes are of that kind. */
  countOf(kind: number): number {
    if ((this.#kinds & (1 << kind)) === 0) return 0;
    let count = 0;
    for (let i = 0; i < this.count; i++) if (this.kind(i) === kind) count++;
    return count;
  }

  /** A number of `ENVELOPE_KIND`. */
  kind(index: number): number {
    return this.#bytes[this.#start(index)]!;
  }

  /** The value of an envelope of kind `value`. @throws VALUE_MALFORMED, INVALID_ARGUMENT for another kind */
  value(index: number): unknown {
    const start = this.#start(index);
    if (this.#bytes[start] !== ENVELOPE_KIND.value) {
      throw new ManyhandsError(
        'INVALID_ARGUMENT',
        `envelope ${index} is of kind ${this.#bytes[start]}, not a value`,
      );
    }
    this.#values ??= new ValueReader(this.#bytes);
    return this.#values.read(start + 1, this.#bodies + this.#ends[index]!);
  }

  /** Index of the first value or error whose body has not the structure of an encoded value, or -1; nothing is decoded. */
  findMalformed(): number {
    const bytes = this.#bytes;
    let start = this.#bodies;
    for (let i = 0; i < this.count; i++) {
      const end = this.#bodies + this.#ends[i]!;
      const kind = bytes[start];
      const isEncoded = kind === ENVELOPE_KIND.value || kind === ENVELOPE_KIND.error;
      if (isEncoded && !isValueAt(bytes, start + 1, end)) return i;
      start = end;
    }
    return -1;
  }

  /** An envelope's bytes without its kind: a view of the segment. */
  body(index: number): Uint8Array {
    return this.#bytes.subarray(this.#start(index) + 1, this.#bodies + this.#ends[index]!);
  }

  /** An envelope with its kind: a view of the segment. */
  envelope(index: number): Uint8Array {
    return this.#bytes.subarray(this.#start(index), this.#bodies + this.#ends[index]!);
  }

  /** A copy of `count` envelopes from `from` on, as a segment. */
  slice(from: number, count: number): Uint8Array<ArrayBuffer> {
    checkRun(from, count, this.count);
    const begin = from === 0 ? 0 : this.#ends[from - 1]!;
    const ends = this.#ends.subarray(from, from + count);
    return assemble(ends, begin, this.#bytes.subarray(this.#bodies + begin, this.#bodies + ends[count - 1]!));
  }

  #start(index: number): number {
    if (index >>> 0 !== index || index >= this.count) {
      throw new ManyhandsError('INVALID_ARGUMENT', `envelope ${index} of a segment of ${this.count}`);
    }
    return this.#bodies + (index === 0 ? 0 : this.#ends[index - 1]!);
  }
}

/** The number of error envelopes in a segment; 0 for a malformed one. */
export function errorsIn(bytes: Uint8Array): number {
  let reader: SegmentReader;
  try {
    reader = new SegmentReader(bytes);
  } catch {
    return 0;
  }
  return reader.countOf(ENVELOPE_KIND.error);
}

/**
 * A copy of `count` envelopes from index `from` on. Only those are checked: the cost does not depend on the size of the segment.
 * @throws SEGMENT_MALFORMED, INVALID_ARGUMENT
 */
export function sliceSegment(bytes: Uint8Array, from: number, count: number): Uint8Array<ArrayBuffer> {
  const total = checkHeader(bytes);
  checkRun(from, count, total);
  const bodies = HEADER_BYTES + 4 * total;
  const { ends } = readTable(bytes, bodies, from, count);
  const begin = startOf(bytes, from);
  return assemble(ends, begin, bytes.subarray(bodies + begin, bodies + ends[count - 1]!));
}

/** The segment of these envelopes. `ends`: where each ends, counted from `begin` bytes before the first. */
function assemble(ends: Uint32Array, begin: number, bodies: Uint8Array): Uint8Array<ArrayBuffer> {
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
function checkHeader(bytes: Uint8Array): number {
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
function checkRun(from: number, count: number, total: number): void {
  const whole = Number.isInteger(from) && Number.isInteger(count) && from >= 0 && count >= 1;
  if (!whole || from + count > total) {
    throw new ManyhandsError('INVALID_ARGUMENT', `envelopes ${from} to ${from + count - 1} of ${total}`);
  }
}

/** Where envelope `index` starts: the end of the one before it. */
function startOf(bytes: Uint8Array, index: number): number {
  if (index === 0) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(HEADER_BYTES + 4 * (index - 1));
}

/** What the offset table and the first bytes of some envelopes say. */
interface EnvelopeTable {
  /** Where each envelope ends, counted from the start of the segment's first. */
  readonly ends: Uint32Array;
  /** A bit for each kind that occurs: `1 << kind`. */
  readonly kinds: number;
}

/** Reads the table of `count` envelopes from index `from` on; checks their kinds and that they are within the bytes. @throws SEGMENT_MALFORMED */
function readTable(bytes: Uint8Array, bodies: number, from: number, count: number): EnvelopeTable {
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

function malformed(what: string): ManyhandsError {
  return new ManyhandsError('SEGMENT_MALFORMED', `not a segment: ${what}`);
}
