/**
 * Replaces the addresses in a batch's inputs by the values that were fetched, so that sandboxes never see an address.
 * @module
 */
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { InputPart } from '../../protocol/messages/messages.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import type { BatchInputs } from './lease-inputs.js';

/** `values`: encoded values by slice number, one for each address. */
export function fillInputs(batch: BatchInputs, values: ReadonlyMap<number, Uint8Array>): BatchInputs {
  if (values.size === 0) return batch;
  const transfer: ArrayBuffer[] = [];
  const inputs = batch.inputs.map((part): InputPart => {
    const { first, input } = part;
    if (input.kind === 'range') return part;
    const segment = fill(first, input.segment, values);
    transfer.push(segment.buffer);
    return { first, input: { ...input, segment } };
  });
  return { ...batch, inputs, transfer, remotes: [] };
}

function fill(
  first: number,
  segment: Uint8Array,
  values: ReadonlyMap<number, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const reader = new SegmentReader(segment);
  const writer = new SegmentWriter();
  for (let i = 0; i < reader.count; i++) {
    const value = reader.kind(i) === ENVELOPE_KIND.remote ? values.get(first + i) : undefined;
    if (value === undefined) writer.appendFrom(reader, i);
    else writer.appendEnvelope(ENVELOPE_KIND.value, value);
  }
  return writer.finish();
}
