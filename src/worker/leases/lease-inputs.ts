/**
 * The inputs of one lease: checked once when the lease is granted, then sliced for each batch.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { decodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { Digest, InputPart, Lease } from '../../protocol/messages/messages.js';
import { isDescribed, sliceDescribed } from '../../protocol/input/described-inputs.js';
import { decodeRemote } from '../../protocol/input/remote-url.js';
import { SegmentReader } from '../../protocol/segment/segment.js';
import type { RemoteInput } from '../inputs/remote-inputs.js';

interface Part {
  readonly first: number;
  readonly end: number;
  readonly input: InputPart['input'];
  readonly reader: SegmentReader | undefined;
}

/** The inputs of one batch. Only its last slice may have an input that must be fetched. */
export interface BatchInputs {
  readonly inputs: InputPart[];
  /** Buffers used by nobody else, which may be transferred. */
  readonly transfer: ArrayBuffer[];
  /** The blob that its last slice refers to. */
  readonly blob?: Digest | undefined;
  /** The address that its last slice refers to. */
  readonly remote?: RemoteInput | undefined;
  /** The slice after the batch, if the lease still includes it and it refers to an address: it can be prefetched. */
  readonly next?: RemoteInput | undefined;
}

export class LeaseInputs {
  readonly #parts: Part[] = [];
  readonly #blobs = new Map<number, Digest>();
  readonly #remotes = new Map<number, string>();
  readonly #needsFetch: number[] = [];
  /** End (exclusive) of the slices that the lease still includes. */
  #end: number;

  /** @throws SEGMENT_MALFORMED or MESSAGE_MALFORMED where the inputs are not exactly those of the lease's slices */
  constructor(lease: Lease) {
    this.#end = lease.first + lease.count;
    let next = lease.first;
    for (const { first, input } of lease.inputs) {
      const reader = input.kind === 'segment' ? new SegmentReader(input.segment) : undefined;
      if (first !== next || (reader !== undefined && reader.count !== input.count)) throw mismatch(lease);
      if (reader !== undefined) this.#indexReferences(first, reader);
      next += input.count;
      this.#parts.push({ first, end: next, input, reader });
    }
    if (next !== lease.first + lease.count) throw mismatch(lease);
  }

  /** Bytes of the inputs that arrived with the lease. */
  get byteLength(): number {
    return this.#parts.reduce(
      (sum, { input }) => sum + (input.kind === 'segment' ? input.segment.byteLength : 0),
      0,
    );
  }

  /** Slices whose input is a blob or an address, ascending. */
  get needsFetch(): readonly number[] {
    return this.#needsFetch;
  }

  /** Removes the slices from `end` on. */
  truncate(end: number): void {
    this.#end = Math.min(this.#end, end);
  }

  /** The inputs of slices `first` to `first + count - 1`, which must belong to this lease. */
  slice(first: number, count: number): BatchInputs {
    const end = first + count;
    const inputs: InputPart[] = [];
    const transfer: ArrayBuffer[] = [];
    for (let i = this.#partAt(first); i < this.#parts.length && this.#parts[i]!.first < end; i++) {
      const part = this.#parts[i]!;
      const from = Math.max(first, part.first);
      const length = Math.min(end, part.end) - from;
      if (isDescribed(part.input)) {
        inputs.push({ first: from, input: sliceDescribed(part.input, from - part.first, length) });
      } else {
        const segment = part.reader!.slice(from - part.first, length);
        transfer.push(segment.buffer);
        inputs.push({ first: from, input: { kind: 'segment', count: length, segment } });
      }
    }
    const blob = this.#blobs.get(end - 1);
    const next = end < this.#end ? this.#remoteAt(end) : undefined;
    return { inputs, transfer, blob, remote: this.#remoteAt(end - 1), next };
  }

  #remoteAt(slice: number): RemoteInput | undefined {
    const url = this.#remotes.get(slice);
    return url === undefined ? undefined : { slice, url };
  }

  #indexReferences(first: number, reader: SegmentReader): void {
    if (reader.hasOnly(ENVELOPE_KIND.value)) return;
    for (let i = 0; i < reader.count; i++) {
      const kind = reader.kind(i);
      if (kind === ENVELOPE_KIND.blob) this.#blobs.set(first + i, decodeBlobRef(reader.body(i)).digest);
      else if (kind === ENVELOPE_KIND.remote) this.#remotes.set(first + i, decodeRemote(reader.body(i)));
      else continue;
      this.#needsFetch.push(first + i);
    }
  }

  /** Index of the part that contains slice `first`. */
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

function mismatch({ leaseId, first, count }: Lease): ManyhandsError {
  const text = `The inputs of lease ${leaseId} are not those of its slices ${first} to ${first + count - 1}.`;
  return new ManyhandsError('MESSAGE_MALFORMED', text, { leaseId });
}
