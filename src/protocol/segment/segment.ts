/**
 * Segments: consecutive envelopes behind a header and an offset table. The scheduler splits and joins them without decoding
 * values. The layout is in docs/values.md.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ENVELOPE_KIND, ENVELOPE_KIND_MAX } from './envelope.js';
import { SEGMENT_SLICES_MAX } from '../limits.js';
import {
  assemble,
  checkHeader,
  checkRun,
  HEADER_BYTES,
  malformed,
  readTable,
  startOf,
} from './segment-layout.js';
import { ValueReader } from '../values/values-reader.js';
import { isValueAt } from '../values/values-scan.js';
import { ValueWriter } from '../values/values-writer.js';

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
