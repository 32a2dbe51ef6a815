/**
 * Replaces the address in a batch's inputs by the value that was fetched, so that sandboxes never see an address. Only the last
 * slice of a batch can have one (`BatchInputs`).
 * @module
 */
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { isDescribed } from '../../protocol/input/described-inputs.js';
import type { InputPart } from '../../protocol/messages/messages.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import type { BatchInputs } from './lease-inputs.js';

/**
 * The inputs with `value` as the datum of the last slice, and their buffers, which may be transferred.
 * @param value the encoded value at the address of the last slice; undefined where it has no address: `batch` is returned
 */
export function fillInputs(batch: BatchInputs, value: Uint8Array | undefined): BatchInputs {
  const last = batch.inputs.at(-1);
  if (value === undefined || last === undefined || isDescribed(last.input)) return batch;
  const { first, input } = last;
  const segment = replaceLast(input.segment, value);
  const transfer = [...batch.transfer.slice(0, -1), segment.buffer];
  const filled: InputPart = { first, input: { ...input, segment } };
  return { inputs: [...batch.inputs.slice(0, -1), filled], transfer };
}

function replaceLast(segment: Uint8Array, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new SegmentReader(segment);
  const writer = new SegmentWriter();
  for (let i = 0; i < reader.count - 1; i++) writer.appendFrom(reader, i);
  writer.appendEnvelope(ENVELOPE_KIND.value, value);
  return writer.finish();
}
