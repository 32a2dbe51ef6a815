/**
 * Reads the forms in which users give ranges: bounds, `{ ranges }`, `{ sparse }` and the classes. The classes are recognised by
 * what they registered, so that a page which only deploys does not load them.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { describeValue, readOptions } from '../../lib/options.js';
import { JOB_SLICES_MAX, MULTI_RANGES_MAX, SPARSE_RANGES_MAX, SPARSE_RANGES_TOTAL_MAX } from '../limits.js';
import type {
  DescribedInput,
  MemberInput,
  MultiRangeInput,
  RangeInput,
  SparseRangeInput,
} from '../messages/messages.js';
import { rangeFromBounds } from './ranges.js';

export interface RangeBounds {
  start: number;
  /** Included, where a whole number of steps leads to it. */
  end: number;
  /** Negative to count down. @default 1 */
  step?: number;
  /** Numbers in one slice's datum, which is then an array. */
  group?: number;
}

/** What the objects of the classes stand for, in parts that are sent one after another. */
const descriptions = new WeakMap<object, readonly DescribedInput[]>();

export function registerDescription(range: object, parts: readonly DescribedInput[]): void {
  descriptions.set(range, parts);
}

/** What an object of a class of ranges stands for; undefined for another object. */
export function descriptionOf(range: object): readonly DescribedInput[] | undefined {
  return descriptions.get(range);
}

/** The bounds of a range that is given as an object. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function readBounds(bounds: unknown, where: string): RangeBounds {
  const names = { start: true, end: true, step: true, group: true } as const;
  // A missing start or end is refused by the range.
  return readOptions<RangeBounds>(bounds ?? null, where, names) as RangeBounds;
}

/** Whether an object is meant as `{ ranges }` or `{ sparse }`. */
export function isRangesForm(data: object): boolean {
  if (Symbol.iterator in data || Symbol.asyncIterator in data) return false;
  return 'ranges' in data || 'sparse' in data;
}

/**
 * The description of `{ ranges: [...] }`, `{ sparse: [...] }` or `{ sparse: true, ranges: [...] }`.
 * @throws INVALID_ARGUMENT, UNKNOWN_OPTION, LIMIT_EXCEEDED
 */
export function readRangesForm(data: object): readonly DescribedInput[] {
  const { ranges, sparse } = readOptions<{ ranges: unknown; sparse: unknown }>(data, 'An input of ranges', {
    ranges: true,
    sparse: true,
  });
  if (sparse === undefined || sparse === false) return [multiRangeFrom(ranges)];
  if (sparse === true) return sparseRangesFrom(ranges);
  if (ranges === undefined) return sparseRangesFrom(sparse);
  throw invalid(
    'An input has either `ranges` (all their combinations) or `sparse` (one range after another), not both.',
  );
}

/** All combinations of the ranges of a list. @throws INVALID_ARGUMENT, UNKNOWN_OPTION, LIMIT_EXCEEDED */
export function multiRangeFrom(list: unknown): MultiRangeInput {
  const ranges = readList(list, 'ranges', MULTI_RANGES_MAX).map((each, i) =>
    readMember(each, `ranges[${i}]`),
  );
  const count = ranges.reduce((product, range) => product * range.count, 1);
  return { kind: 'multi-range', ranges, count: checkSlices(count) };
}

/**
 * The ranges of a list, one after another: in several parts where they are many.
 * @throws INVALID_ARGUMENT, UNKNOWN_OPTION, LIMIT_EXCEEDED
 */
export function sparseRangesFrom(list: unknown): readonly SparseRangeInput[] {
  const ranges = readList(list, 'sparse', SPARSE_RANGES_TOTAL_MAX).map((each, i) => {
    const range = readMember(each, `sparse[${i}]`);
    if (range.kind === 'range') return range;
    throw invalid(`sparse[${i}] must be a range, { start, end, step?, group? } or a RangeObject.`);
  });
  const [first] = ranges as [RangeInput];
  const other = ranges.findIndex(({ group }) => group !== first.group);
  if (other > 0) {
    throw invalid(
      `sparse[${other}] has ${groupText(ranges[other]!.group)}, and sparse[0] has ${groupText(first.group)}: ` +
        'give all ranges one `group`, or none.',
    );
  }
  checkSlices(ranges.reduce((sum, { count }) => sum + count, 0));
  const parts: SparseRangeInput[] = [];
  for (let from = 0; from < ranges.length; from += SPARSE_RANGES_MAX) {
    const some = ranges.slice(from, from + SPARSE_RANGES_MAX);
    parts.push({
      kind: 'sparse-range',
      ranges: some,
      count: some.reduce((sum, { count }) => sum + count, 0),
    });
  }
  return parts;
}

function readList(list: unknown, name: string, max: number): readonly unknown[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw invalid(
      `\`${name}\` must be an array of at least one range, such as { ${name}: [{ start: 1, end: 9 }] }; ` +
        `got ${Array.isArray(list) ? 'an empty one' : describeValue(list)}.`,
    );
  }
  if (list.length <= max) return list;
  const limit = name === 'ranges' ? 'MULTI_RANGES_MAX' : 'SPARSE_RANGES_TOTAL_MAX';
  throw new ManyhandsError('LIMIT_EXCEEDED', `\`${name}\` has at most ${max} ranges; got ${list.length}.`, {
    limit,
    max,
    actual: list.length,
  });
}

function readMember(member: unknown, where: string): MemberInput {
  if (typeof member !== 'object' || member === null || Array.isArray(member)) {
    throw invalid(
      `${where} must be a range, { start, end, step?, group? }, a RangeObject, a SparseRangeObject or a DistributionRange; got ` +
        `${describeValue(member)}. For a list, use the range of its indices and look its items up in the work function.`,
    );
  }
  try {
    const parts =
      descriptionOf(member) ?? (isRangesForm(member) ? readRangesForm(member) : [readRange(member)]);
    const [part] = parts as [DescribedInput];
    if (parts.length > 1) throw invalid(`it has more than ${SPARSE_RANGES_MAX} ranges`);
    if (part.kind === 'multi-range') throw invalid('it is a multi-range: put its ranges in its place');
    return part;
  } catch (error) {
    if (!isError(error, 'INVALID_ARGUMENT')) throw error;
    throw new ManyhandsError('INVALID_ARGUMENT', `${where}: ${error.message}`, {}, { cause: error });
  }
}

function readRange(bounds: object): RangeInput {
  const { start, end, step, group } = readBounds(bounds, 'A range');
  return rangeFromBounds(start, end, step, group);
}

function checkSlices(count: number): number {
  if (count <= JOB_SLICES_MAX) return count;
  throw invalid(`The ranges make ${count} slices, and a job has at most ${JOB_SLICES_MAX}.`);
}

const groupText = (group: number | undefined): string =>
  group === undefined ? 'no group' : `group ${group}`;

function invalid(message: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return new ManyhandsError('INVALID_ARGUMENT', message);
}
