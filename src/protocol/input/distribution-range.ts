/**
 * Public classes and functions of distributions, with DCP's names: the numbers of a distribution are described by their parameters
 * and a seed, which is drawn when they are made, so that all parties see the same numbers.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue, readOptions } from '../../lib/options.js';
import type { Random } from '../../lib/crypto/random.js';
import { JOB_SLICES_MAX } from '../limits.js';
import type { DistributionInput } from '../messages/messages.js';
import { distributionProblem } from '../messages/range-inputs.js';
import { DescribedRange } from './described-range.js';

/** The numbers of a distribution as plain data: what `toObject` returns and the constructor takes. */
export interface DistributionBounds {
  /** The number of slices. */
  length: number;
  /** The name of the function of `stats.set`. */
  dist: DistributionInput['name'];
  /** The arguments after the first, without a trailing `random`. @default [] */
  params?: readonly number[];
  /** An integer from 0 to 2^53 - 1, for random numbers: the same seed gives the same numbers. */
  seed?: number;
}

/** The numbers of a distribution. */
export class DistributionRange extends DescribedRange<number> {
  readonly dist: DistributionInput['name'];
  readonly params: readonly number[];
  /** Of the random numbers; undefined where there are none. */
  readonly seed: number | undefined;

  /** @throws INVALID_ARGUMENT: parameters that do not fit; UNKNOWN_OPTION */
  constructor(bounds: DistributionBounds) {
    const names = { length: true, dist: true, params: true, seed: true } as const;
    const {
      length,
      dist,
      params = [],
      seed,
    } = readOptions<DistributionBounds>(bounds, 'DistributionRange', names);
    const input = toInput(length, dist, params, seed);
    super([input]);
    this.dist = input.name;
    this.params = Object.freeze([...input.params]);
    this.seed = input.seed;
  }

  /** All numbers. The numbers of a distribution do not change, with or without this call. */
  materialize(): number[] {
    return this.toArray();
  }

  toObject(): DistributionBounds {
    const { length, dist, params, seed } = this;
    return seed === undefined ? { length, dist, params } : { length, dist, params, seed };
  }

  override toString(): string {
    return `${this.dist}(${[this.length, ...this.params].join(', ')})`;
  }
}

function toInput(length: unknown, dist: unknown, params: unknown, seed: unknown): DistributionInput {
  if (!Number.isSafeInteger(length) || (length as number) < 1 || (length as number) > JOB_SLICES_MAX) {
    throw invalid(`the number of slices must be a whole number from 1; got ${describeValue(length)}`);
  }
  if (!Array.isArray(params) || !params.every((each) => Number.isFinite(each))) {
    throw invalid('its parameters must be finite numbers');
  }
  if (seed !== undefined && (!Number.isSafeInteger(seed) || (seed as number) < 0)) {
    throw invalid(`\`seed\` must be a whole number from 0 to 2^53 - 1; got ${describeValue(seed)}`);
  }
  const name = dist as DistributionInput['name'];
  const count = length as number;
  const input: DistributionInput = {
    kind: 'distribution',
    name,
    size: count,
    params: [...(params as number[])],
    count,
  };
  if (seed !== undefined) input.seed = seed as number;
  const problem = distributionProblem(input);
  if (problem !== undefined) throw invalid(problem);
  return input;
}

function invalid(what: string): ManyhandsError {
  return new ManyhandsError('INVALID_ARGUMENT', `distribution: ${what}.`);
}

/** The functions that make distributions. */
export interface DistributionSet {
  /** `n` random numbers from `min` up to but not including `max`. */
  random(n: number, min?: number, max?: number): DistributionRange;
  /** `n` random whole numbers from `min` up to but not including `max`. */
  randomInt(n: number, min: number, max: number): DistributionRange;
  /** The numbers 0 … n - 1. */
  identity(n: number): DistributionRange;
  /** The probability of k events where `lambda` are expected, for k = 0 … n - 1; with `random`, for n random k below n. */
  poisson(n: number, lambda?: number, random?: boolean): DistributionRange;
  /**
   * The density of the normal distribution at n points: 0, 1, 2 … without `start`; `start`, `start` + 1 … without `end`; else n
   * points in equal steps from `start` up to but not including `end`. With `random`, at n random points from `start` (0) up to
   * `end` (`start` + n).
   */
  normal(
    n: number,
    mean?: number,
    deviation?: number,
    start?: number,
    end?: number,
    random?: boolean,
  ): DistributionRange;
  /** The probability of k successes in n trials, for k = 0 … n - 1; with `random`, for n random k below n. */
  binomial(n: number, p?: number, random?: boolean): DistributionRange;
  /** `n` random numbers of the normal distribution. */
  normalRNG(n: number, mean?: number, deviation?: number): DistributionRange;
}

/** `stats`, with seeds from `source`. */
export function createStats(source: Random): { readonly set: DistributionSet } {
  const newSeed = (): number => {
    const view = new DataView(source.bytes(8).buffer);
    return (view.getUint32(0) >>> 11) * 2 ** 32 + view.getUint32(4);
  };
  const make = (
    length: number,
    dist: DistributionInput['name'],
    params: readonly (number | undefined)[],
    isRandom: unknown = false,
  ): DistributionRange => {
    if (typeof isRandom !== 'boolean')
      throw invalid(`\`random\` must be true or false; got ${describeValue(isRandom)}`);
    const end = params.findLastIndex((each) => each !== undefined) + 1;
    const bounds: DistributionBounds = { length, dist, params: params.slice(0, end) as number[] };
    if (isRandom) bounds.seed = newSeed();
    return new DistributionRange(bounds);
  };
  const set: DistributionSet = {
    random: (n, min = 0, max = 1) => make(n, 'random', [min, max], true),
    randomInt: (n, min, max) => make(n, 'randomInt', [min, max], true),
    identity: (n) => make(n, 'identity', []),
    poisson: (n, lambda = 1, random) => make(n, 'poisson', [lambda], random),
    normal: (n, mean = 0, deviation = 1, start, end, random) =>
      make(n, 'normal', [mean, deviation, end === undefined ? start : (start ?? 0), end], random),
    binomial: (n, p = 0.5, random) => make(n, 'binomial', [p], random),
    normalRNG: (n, mean = 0, deviation = 1) => make(n, 'normalRNG', [mean, deviation], true),
  };
  return { set };
}
