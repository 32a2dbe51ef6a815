/**
 * The inputs of one lease: checked once when it comes, then cut into what one batch needs.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { Digest, InputPart, Lease } from '../../protocol/messages/messages.js';
import { sliceRange } from '../../protocol/input/ranges.js';
import { decodeRemote } from '../../protocol/input/remote-url.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import type { RemoteInput } from './remote-inputs.js';

interface Part {
  readonly first: number;
  readonly end: number;
  readonly input: InputPart['input'];
  readonly reader: SegmentReader | undefined;
}

/** What one batch is fed. */
export interface BatchInputs {
  readonly inputs: InputPart[];
  /** Buffers that may be handed over, since nobody else has them. */
  readonly transfer: ArrayBuffer[];
  /** Blobs that its slices stand for. */
  readonly blobs: readonly Digest[];
  /** Addresses that its slices stand for. */
  readonly remotes: readonly RemoteInput[];
  /** The slice behind them, where it is still ours and stands for an address. */
  readonly ahead?: RemoteInput | undefined;
}

export class LeaseInputs {
  readonly #parts: Part[] = [];
  readonly #blobs = new Map<number, Digest>();
  readonly #remotes = new Map<number, string>();
  readonly #heavy: number[] = [];
  /** Behind the last slice that is still ours. */
  #end: number;

  /** @throws SEGMENT_MALFORMED or MESSAGE_MALFORMED where the inputs are not exactly those of the lease's slices */
  constructor(lease: Lease) {
    this.#end = lease.first + lease.count;
    let next = lease.first;
    for (const { first, input } of lease.inputs) {
      const reader = input.kind === 'segment' ? new SegmentReader(input.segment) : undefined;
      if (first !== next || (reader !== undefined && reader.count !== input.count)) throw misfit(lease);
      if (reader !== undefined) this.#findHeavy(first, reader);
      next += input.count;
      this.#parts.push({ first, end: next, input, reader });
    }
    if (next !== lease.first + lease.count) throw misfit(lease);
  }

  /** Bytes of the inputs that came with the lease. */
  get byteLength(): number {
    return this.#parts.reduce(
      (sum, { input }) => sum + (input.kind === 'segment' ? input.segment.byteLength : 0),
      0,
    );
  }

  /** Slices whose input is a blob or an address, ascending. */
  get heavy(): readonly number[] {
    return this.#heavy;
  }

  /** Slices from `end` on are not ours any more. */
  shorten(end: number): void {
    this.#end = Math.min(this.#end, end);
  }

  /** The inputs of slices `first` to `first + count - 1`, which must be of this lease. */
  cut(first: number, count: number): BatchInputs {
    const end = first + count;
    const inputs: InputPart[] = [];
    const transfer: ArrayBuffer[] = [];
    for (let i = this.#partAt(first); i < this.#parts.length && this.#parts[i]!.first < end; i++) {
      const part = this.#parts[i]!;
      const from = Math.max(first, part.first);
      const length = Math.min(end, part.end) - from;
      if (part.input.kind === 'range') {
        inputs.push({ first: from, input: sliceRange(part.input, from - part.first, length) });
      } else {
        const segment = part.reader!.slice(from - part.first, length);
        transfer.push(segment.buffer);
        inputs.push({ first: from, input: { kind: 'segment', count: length, segment } });
      }
    }
    // One at a time: each of them ends its batch.
    const blob = this.#blobs.get(end - 1);
    const url = this.#remotes.get(end - 1);
    const next = end < this.#end ? this.#remotes.get(end) : undefined;
    return {
      inputs,
      transfer,
      blobs: blob === undefined ? [] : [blob],
      remotes: url === undefined ? [] : [{ slice: end - 1, url }],
      ...(next === undefined ? {} : { ahead: { slice: end, url: next } }),
    };
  }

  #findHeavy(first: number, reader: SegmentReader): void {
    for (let i = 0; i < reader.count; i++) {
      const kind = reader.kind(i);
      if (kind === ENVELOPE_KIND.blob) this.#blobs.set(first + i, decodeBlobRef(reader.body(i)).digest);
      else if (kind === ENVELOPE_KIND.remote) this.#remotes.set(first + i, decodeRemote(reader.body(i)));
      else continue;
      this.#heavy.push(first + i);
    }
  }

  /** Index of the part that has slice `first`. */
  #partAt(first: number): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#parts[middle]!.end <= first) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function misfit({ leaseId, first, count }: Lease): ManyhandsError {
  const text = `The inputs of lease ${leaseId} are not those of its slices ${first} to ${first + count - 1}.`;
  return new ManyhandsError('MESSAGE_MALFORMED', text, { leaseId });
}
