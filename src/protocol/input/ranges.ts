/**
 * Ranges as descriptions: 10^9 slices are five numbers, and each slice's datum is computed when it is needed. Values are
 * `start + i * step` for integers `i`, never a running sum, so that with fractions like 0.1 every worker computes the same
 * numbers, however the range is split.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { JOB_SLICES_MAX, RANGE_GROUP_MAX } from '../limits.js';
import { rangeValues, type RangeInput } from '../messages/range-inputs.js';

/**
 * The range from `start` to `end`; `end` is included where a whole number of steps leads to it. `step` is 1 by default, also
 * where `end` is below `start`: so `{ start: 0, end: n - 1 }` is refused for n = 0, and a range downward needs a negative
 * step. With `group`, each slice's datum is an array of up to so many numbers.
 * @throws INVALID_ARGUMENT: a number that is not finite, a step away from `end`, an invalid group, too many slices
 */
export function rangeFromBounds(start: number, end: number, step?: number, group?: number): RangeInput {
  const stride = step ?? 1;
  for (const [name, value] of Object.entries({ start, end, step: stride })) {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw invalid(`\`${name}\` must be a finite number, not ${describe(value)}`);
    }
  }
  if (step === undefined && end < start) {
    throw invalid(
      `\`end\` (${end}) is below \`start\` (${start}): name a negative \`step\` to count down; ` +
        'for no slices at all hand in the number 0 or an empty array',
    );
  }
  if (stride === 0 || (end - start) / stride < 0) throw invalid('`step` must approach `end` from `start`');
  const values = countValues(start, end, stride);
  if (group === undefined) return { kind: 'range', start: start + 0, step: stride, count: values };
  if (!Number.isInteger(group) || group < 1 || group > RANGE_GROUP_MAX) {
    throw invalid(`\`group\` must be a whole number from 1 to ${RANGE_GROUP_MAX}, not ${describe(group)}`);
  }
  const count = Math.ceil(values / group);
  const range: RangeInput = { kind: 'range', start: start + 0, step: stride, count, group };
  if (values % group !== 0) range.values = values;
  return range;
}

/** The number of values from `start` to `end`. */
function countValues(start: number, end: number, step: number): number {
  const span = end - start;
  if (!Number.isFinite(span)) throw invalid('`start` and `end` are too far apart');
  let steps: number;
  if ([start, end, step, span].every(Number.isSafeInteger)) {
    steps = (span - (span % step)) / step;
  } else {
    // Decimal fractions are rounded when they are parsed, so that 0.3 / 0.1 is slightly less than 3. A difference to an
    // integer that such rounding can explain (a few units in the last place) is ignored.
    const exact = span / step;
    const nearest = Math.round(exact);
    const slack = 4 * Number.EPSILON * ((Math.abs(start) + Math.abs(end)) / Math.abs(step) + 1);
    steps = Math.abs(exact - nearest) <= slack ? nearest : Math.floor(exact);
    if (steps > 0 && slack >= 0.5)
      throw invalid('`step` is too small beside `start` and `end` to tell values apart');
  }
  if (steps >= JOB_SLICES_MAX) throw invalid(`a range has at most ${JOB_SLICES_MAX} values`);
  return steps + 1;
}

/** The datum of the slice at `index` (from 0). @throws INVALID_ARGUMENT where there is no such slice */
export function rangeDatum(range: RangeInput, index: number): number | number[] {
  if (!(index >= 0 && index < range.count) || !Number.isInteger(index)) {
    throw invalid(`a range of ${range.count} slices has none at index ${describe(index)}`);
  }
  const offset = range.offset ?? 0;
  if (range.group === undefined) return range.start + (offset + index) * range.step;
  const from = index * range.group;
  const length = Math.min(range.group, rangeValues(range) - from);
  const datum: number[] = [];
  for (let i = 0; i < length; i++) datum.push(range.start + (offset + from + i) * range.step);
  return datum;
}

/**
 * `count` slices of a range, from index `from` on, with exactly the data that they have in the whole range.
 * @throws INVALID_ARGUMENT where the range does not have them all
 */
export function sliceRange(range: RangeInput, from: number, count: number): RangeInput {
  const whole = Number.isInteger(from) && Number.isInteger(count) && from >= 0 && count >= 1;
  if (!whole || from + count > range.count) {
    throw invalid(`slices ${describe(from)} to ${describe(from + count - 1)} of a range of ${range.count}`);
  }
  const { start, step, group } = range;
  const skipped = (range.offset ?? 0) + from * (group ?? 1);
  const part: RangeInput = { kind: 'range', start, step, count };
  const moved = start + skipped * step;
  // With integers the part can have its own start; fractions would round differently from there.
  if (Number.isInteger(start) && Number.isInteger(step) && Number.isSafeInteger(moved)) part.start = moved;
  else if (skipped > 0) part.offset = skipped;
  if (group === undefined) return part;
  part.group = group;
  const values = Math.min(count * group, rangeValues(range) - from * group);
  if (values < count * group) part.values = values;
  return part;
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : `a ${typeof value}`;
}

function invalid(message: string): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', `range: ${message}`);
}
