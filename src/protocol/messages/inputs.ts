/**
 * Input and outcomes of consecutive slices, as they are sent. Slices are numbered from 1.
 * @module
 */
import { JOB_SLICES_MAX, RANGE_GROUP_MAX } from '../limits.js';
import { named, type Check, type MapOf } from '../schema/check.js';
import { object, optional, refine, tagged } from '../schema/composites.js';
import { integer, number, oneOf } from '../schema/scalars.js';
import { segmentBytes, segmentCount, sliceNumber } from './fields.js';

const rangeFields = {
  /** Numbers that are never listed. */
  kind: oneOf('range'),
  /** The first number. */
  start: number(),
  /** From one number to the next. */
  step: number(),
  /** Slices. */
  count: integer(1, JOB_SLICES_MAX),
  /** Numbers in one slice's datum, which is then an array; where it is absent, the datum is the number itself. */
  group: optional(integer(1, RANGE_GROUP_MAX)),
  /** Numbers in total, where the last group is shorter. */
  values: optional(integer(1)),
  /**
   * Numbers omitted before the first, 0 where it is absent. A part of a range counts its steps from the start of the whole
   * range, since fractions would round differently from another start.
   */
  offset: optional(integer(0, JOB_SLICES_MAX)),
};
/** Numbers that are never listed: `start, start + step, …`, in `count` slices of `group` numbers each. */
export interface RangeInput extends MapOf<typeof rangeFields> {}
export const rangeInput: Check<RangeInput> = refine(
  object(rangeFields),
  isSoundRange,
  'a range whose numbers agree and are all finite',
);

const segmentFields = {
  /** Encoded envelopes. */
  kind: oneOf('segment'),
  /** Envelopes; the count in the segment's header must equal it. */
  count: segmentCount,
  /** Envelopes of kind `value`, `blob` or `remote`. */
  segment: segmentBytes,
};
/** Envelopes in a segment. */
export interface SegmentInput extends MapOf<typeof segmentFields> {}
const segmentInput: Check<SegmentInput> = object(segmentFields);

export type Input = RangeInput | SegmentInput;
export const input: Check<Input> = named(
  'input',
  tagged('kind', { range: rangeInput, segment: segmentInput }),
);

const inputPartFields = { first: sliceNumber, input };
/** Input of consecutive slices, from `first`. */
export interface InputPart extends MapOf<typeof inputPartFields> {}
export const inputPart: Check<InputPart> = object(inputPartFields);

const segmentPartFields = { first: sliceNumber, count: segmentCount, segment: segmentBytes };
/**
 * Outcomes of `count` consecutive slices, from `first`. A segment of one error is the outcome of each of them, as of slices that
 * were cancelled together.
 */
export interface SegmentPart extends MapOf<typeof segmentPartFields> {}
export const segmentPart: Check<SegmentPart> = named('part', object(segmentPartFields));

/** The number of values of a range: `group` times its slices, or less where the last group is shorter. */
export function rangeValues(range: RangeInput): number {
  return range.values ?? range.count * (range.group ?? 1);
}

/**
 * Whether the numbers of a received range are consistent and all its values are finite. The types of its fields were checked
 * before.
 */
function isSoundRange(range: RangeInput): boolean {
  const { start, step, count, group, values, offset = 0 } = range;
  if (group === undefined) {
    if (values !== undefined) return false;
  } else if (values !== undefined && Math.ceil(values / group) !== count) {
    return false;
  }
  const last = offset + rangeValues(range) - 1;
  return last < JOB_SLICES_MAX && Number.isFinite(start + last * step);
}
