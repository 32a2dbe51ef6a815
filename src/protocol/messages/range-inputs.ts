/**
 * Inputs that are sent as a description: ranges, combinations of ranges, and distributions. Their data are computed from
 * it, slice by slice, in the sandbox.
 * @module
 */
import {
  DISTRIBUTION_PARAMS_MAX,
  JOB_SLICES_MAX,
  MULTI_RANGES_MAX,
  RANGE_GROUP_MAX,
  SPARSE_RANGES_MAX,
} from '../limits.js';
import type { Check, MapOf } from '../schema/check.js';
import { array, object, optional, refine, tagged } from '../schema/composites.js';
import { integer, number, oneOf } from '../schema/scalars.js';

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

const sparseRangeFields = {
  /** Ranges one after another. */
  kind: oneOf('sparse-range'),
  /** At least one; all have the same `group`, or none. */
  ranges: array(rangeInput, SPARSE_RANGES_MAX),
  /** Slices. */
  count: integer(1, JOB_SLICES_MAX),
  /** Slices omitted before the first, 0 where it is absent. */
  offset: optional(integer(0, JOB_SLICES_MAX)),
};
/** The data of several ranges, one range after another. */
export interface SparseRangeInput extends MapOf<typeof sparseRangeFields> {}
const sparseRangeInput: Check<SparseRangeInput> = refine(
  object(sparseRangeFields),
  isSoundSparseRange,
  'ranges of one group that have the slices',
);

const distributionFields = {
  /** Numbers of a distribution. */
  kind: oneOf('distribution'),
  /** What each number is. */
  name: oneOf('random', 'randomInt', 'identity', 'poisson', 'normal', 'binomial', 'normalRNG'),
  /** Numbers in the whole distribution, of which this may be a part. */
  size: integer(1, JOB_SLICES_MAX),
  /** As of the function of that name. */
  params: array(number(), DISTRIBUTION_PARAMS_MAX),
  /** Of the random numbers; absent where there are none. */
  seed: optional(integer(0)),
  /** Slices. */
  count: integer(1, JOB_SLICES_MAX),
  /** Slices omitted before the first, 0 where it is absent. */
  offset: optional(integer(0, JOB_SLICES_MAX)),
};
/** Numbers of a distribution, which everybody computes alike from its parameters and its seed. */
export interface DistributionInput extends MapOf<typeof distributionFields> {}
const distributionInput: Check<DistributionInput> = refine(
  object(distributionFields),
  (input) => distributionProblem(input) === undefined,
  'a distribution whose parameters fit its name',
);

const memberInput = tagged('kind', {
  range: rangeInput,
  'sparse-range': sparseRangeInput,
  distribution: distributionInput,
});

const multiRangeFields = {
  /** All combinations of the data of several ranges. */
  kind: oneOf('multi-range'),
  /** At least one; the last one changes fastest. */
  ranges: array(memberInput, MULTI_RANGES_MAX),
  /** Slices. */
  count: integer(1, JOB_SLICES_MAX),
  /** Slices omitted before the first, 0 where it is absent. */
  offset: optional(integer(0, JOB_SLICES_MAX)),
};
/** All combinations of the data of several ranges; a datum is the array of them. */
export interface MultiRangeInput extends MapOf<typeof multiRangeFields> {}
const multiRangeInput: Check<MultiRangeInput> = refine(
  object(multiRangeFields),
  isSoundMultiRange,
  'ranges whose combinations are the slices',
);

/** Checks of the described inputs, by kind. */
export const describedInputs = {
  range: rangeInput,
  'sparse-range': sparseRangeInput,
  'multi-range': multiRangeInput,
  distribution: distributionInput,
};

/** What can be one of the ranges of a multi-range. */
export type MemberInput = RangeInput | SparseRangeInput | DistributionInput;
/** An input that is sent as its description. */
export type DescribedInput = MemberInput | MultiRangeInput;

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

/** Whether `size` slices include `count` after `offset`. */
function includes(size: number, { count, offset = 0 }: { count: number; offset?: number }): boolean {
  return size <= JOB_SLICES_MAX && offset + count <= size;
}

function isSoundSparseRange(input: SparseRangeInput): boolean {
  const { ranges } = input;
  const size = ranges.reduce((sum, { count }) => sum + count, 0);
  return (
    ranges.length > 0 && ranges.every(({ group }) => group === ranges[0]!.group) && includes(size, input)
  );
}

function isSoundMultiRange(input: MultiRangeInput): boolean {
  const { ranges } = input;
  const size = ranges.reduce((product, { count }) => product * count, 1);
  return ranges.length > 0 && includes(size, input);
}

/** How many parameters a distribution has, and whether it has a seed. */
const DISTRIBUTION_RULES: Readonly<
  Record<DistributionInput['name'], { least: number; most: number; seed: boolean | undefined }>
> = {
  random: { least: 2, most: 2, seed: true },
  randomInt: { least: 2, most: 2, seed: true },
  identity: { least: 0, most: 0, seed: false },
  poisson: { least: 1, most: 1, seed: undefined },
  normal: { least: 2, most: 4, seed: undefined },
  binomial: { least: 1, most: 1, seed: undefined },
  normalRNG: { least: 2, most: 2, seed: true },
};

/** What is wrong with a distribution; undefined where nothing is. */
export function distributionProblem(input: DistributionInput): string | undefined {
  const { name, size, params, seed } = input;
  if (!Object.hasOwn(DISTRIBUTION_RULES, name)) {
    return `its name must be one of ${Object.keys(DISTRIBUTION_RULES).join(', ')}`;
  }
  const rule = DISTRIBUTION_RULES[name];
  if (params.length < rule.least || params.length > rule.most) {
    const most = rule.most === rule.least ? '' : ` to ${rule.most}`;
    return `${name} has ${rule.least}${most} parameters; got ${params.length}`;
  }
  if (!includes(size, input)) return 'it has fewer slices than that';
  if (rule.seed === true && seed === undefined) return `${name} needs a seed: stats.set.${name} draws one`;
  if (rule.seed === false && seed !== undefined) return `${name} has no random numbers, so no seed`;
  const [first = 0, second = 0, third = 0, fourth = third + size] = params;
  switch (name) {
    case 'random':
      return first <= second && Number.isFinite(second - first) ? undefined : '`max` must not be below `min`';
    case 'randomInt':
      return first < second && [first, second, second - first].every(Number.isSafeInteger)
        ? undefined
        : '`min` and `max` must be whole numbers, `max` above `min`';
    case 'poisson':
      return first >= 0 ? undefined : '`lambda` must not be negative';
    case 'binomial':
      return first >= 0 && first <= 1 ? undefined : '`p` must be from 0 to 1';
    case 'normal':
      return second > 0 && third <= fourth && Number.isFinite(fourth - third)
        ? undefined
        : 'the standard deviation must be above 0, and `end` not below `start`';
    case 'normalRNG':
      return second >= 0 && Number.isFinite(Math.abs(first) + 40 * second)
        ? undefined
        : 'the standard deviation must not be negative, and both must leave room for the numbers';
    default:
      return undefined;
  }
}
