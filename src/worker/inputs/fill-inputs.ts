/**
 * Puts what was fetched in the place of the addresses in a batch's inputs: a sandbox gets values, and learns of no
 * address.
 * @module
 */
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { InputPart } from '../../protocol/messages/messages.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import type { BatchInputs } from './lease-inputs.js';

/** `found`: encoded values by slice number, one for each address. */
export function fillInputs(cut: BatchInputs, found: ReadonlyMap<number, Uint8Array>): BatchInputs {
  if (found.size === 0) return cut;
  const transfer: ArrayBuffer[] = [];
  const inputs = cut.inputs.map((part): InputPart => {
    const { first, input } = part;
    if (input.kind === 'range') return part;
    const segment = fill(first, input.segment, found);
    transfer.push(segment.buffer);
    return { first, input: { ...input, segment } };
  });
  return { ...cut, inputs, transfer, remotes: [] };
}

function fill(
  first: number,
  segment: Uint8Array,
  found: ReadonlyMap<number, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const reader = new SegmentReader(segment);
  const writer = new SegmentWriter();
  for (let i = 0; i < reader.count; i++) {
    const value = reader.kind(i) === ENVELOPE_KIND.remote ? found.get(first + i) : undefined;
    if (value === undefined) writer.appendFrom(reader, i);
    else writer.appendEnvelope(ENVELOPE_KIND.value, value);
  }
  return writer.finish();
}
