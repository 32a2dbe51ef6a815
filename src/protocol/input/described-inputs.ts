/**
 * The data of inputs that are sent as a description, and parts of such inputs. A part keeps the whole's description and counts
 * the slices before it, so that however an input is cut every slice has the same datum.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type {
  DescribedInput,
  Input,
  MultiRangeInput,
  SegmentInput,
  SparseRangeInput,
} from '../messages/messages.js';
import { distributionValue } from './distributions.js';
import { rangeDatum, sliceRange } from './ranges.js';

/** Whether an input is sent as its description, not as values. */
export function isDescribed(input: Input): input is Exclude<Input, SegmentInput> {
  return input.kind !== 'segment';
}

/** The datum of the slice at `index` (from 0). @throws INVALID_ARGUMENT where there is no such slice */
export function describedDatum(input: DescribedInput, index: number): unknown {
  if (input.kind === 'range') return rangeDatum(input, index);
  if (!(index >= 0 && index < input.count) || !Number.isInteger(index)) {
    throw noSlices(`has none at index ${String(index)}`, input);
  }
  const place = (input.offset ?? 0) + index;
  if (input.kind === 'distribution') return distributionValue(input, place);
  return input.kind === 'sparse-range' ? sparseDatum(input, place) : multiDatum(input, place);
}

function sparseDatum({ ranges }: SparseRangeInput, place: number): unknown {
  let left = place;
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i]!;
    if (left < range.count) return rangeDatum(range, left);
    left -= range.count;
  }
  throw new ManyhandsError('INVALID_ARGUMENT', `a sparse range has no slice ${place}`);
}

function multiDatum({ ranges }: MultiRangeInput, place: number): unknown[] {
  const backwards: unknown[] = [];
  let left = place;
  for (let i = ranges.length - 1; i >= 0; i--) {
    const range = ranges[i]!;
    const index = left % range.count;
    backwards.push(describedDatum(range, index));
    left = (left - index) / range.count;
  }
  return backwards.reverse();
}

/**
 * `count` slices of an input, from index `from` on, with exactly the data that they have in the whole.
 * @throws INVALID_ARGUMENT where the input does not have them all
 */
export function sliceDescribed<I extends DescribedInput>(input: I, from: number, count: number): I;
export function sliceDescribed(input: DescribedInput, from: number, count: number): DescribedInput {
  if (input.kind === 'range') return sliceRange(input, from, count);
  const isWhole = Number.isInteger(from) && Number.isInteger(count) && from >= 0 && count >= 1;
  if (!isWhole || from + count > input.count) throw noSlices(`has no ${count} from index ${from} on`, input);
  const offset = (input.offset ?? 0) + from;
  if (input.kind === 'sparse-range') return sliceSparse(input, offset, count);
  const { offset: _before, ...whole } = input;
  return offset === 0 ? { ...whole, count } : { ...whole, count, offset };
}

/** Ranges before and behind the part are left out. */
function sliceSparse({ ranges }: SparseRangeInput, offset: number, count: number): SparseRangeInput {
  let before = offset;
  let first = 0;
  while (before >= ranges[first]!.count) before -= ranges[first++]!.count;
  let end = first;
  for (let has = -before; has < count;) has += ranges[end++]!.count;
  const part: SparseRangeInput = { kind: 'sparse-range', ranges: ranges.slice(first, end), count };
  return before === 0 ? part : { ...part, offset: before };
}

function noSlices(what: string, input: DescribedInput): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', `an input of ${input.count} slices ${what}`);
}
