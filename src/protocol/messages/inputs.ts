/**
 * Input and outcomes of consecutive slices, as they are sent. Slices are numbered from 1.
 * @module
 */
import { named, type Check, type MapOf } from '../schema/check.js';
import { object, tagged } from '../schema/composites.js';
import { oneOf } from '../schema/scalars.js';
import { segmentBytes, segmentCount, sliceNumber } from './fields.js';
import { describedInputs, type DescribedInput } from './range-inputs.js';

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

export type Input = DescribedInput | SegmentInput;
export const input: Check<Input> = named(
  'input',
  tagged('kind', { ...describedInputs, segment: segmentInput }),
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
