/**
 * The numbers of a distribution, each computed by itself from the parameters and the seed, with the same bits in every engine.
 * @module
 */
import { randomPair } from '../../lib/crypto/philox.js';
import { logFactorial, portableExp, portableLog } from '../../lib/portable-math.js';
import type { DistributionInput } from '../messages/range-inputs.js';

const { floor, sqrt } = Math;

/** The number at index `k` of the whole distribution, from 0. */
export function distributionValue(input: DistributionInput, k: number): number {
  const { name, size, params, seed } = input;
  const first = params[0]!;
  const second = params[1]!;
  switch (name) {
    case 'random':
      return between(first, second, randomPair(seed!, k, 0)[0]);
    case 'randomInt':
      return first + floor(randomPair(seed!, k, 0)[0] * (second - first));
    case 'normalRNG':
      return first + second * normalDraw(seed!, k);
    case 'identity':
      return k;
    case 'poisson':
      return poissonMass(wholePoint(input, k), first);
    case 'binomial':
      return binomialMass(wholePoint(input, k), size, first);
    case 'normal':
      return normalDensity(normalPoint(input, k), first, second);
  }
}

function between(min: number, max: number, fraction: number): number {
  const value = min + fraction * (max - min);
  // Rounding may reach the end, which is excluded.
  return value < max ? value : min;
}

/** A number of the standard normal distribution, by the polar method of Marsaglia. */
function normalDraw(seed: number, k: number): number {
  for (let draw = 0; ; draw++) {
    const pair = randomPair(seed, k, draw);
    const u = 2 * pair[0] - 1;
    const v = 2 * pair[1] - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt((-2 * portableLog(s)) / s);
  }
}

/** `k`, or a random whole number below the size where there is a seed. */
function wholePoint({ size, seed }: DistributionInput, k: number): number {
  return seed === undefined ? k : floor(randomPair(seed, k, 0)[0] * size);
}

/** The point at which the density is taken: see `stats.set.normal`. */
function normalPoint({ size, params, seed }: DistributionInput, k: number): number {
  const start = params[2];
  const end = params[3];
  if (seed !== undefined) {
    const from = start ?? 0;
    return between(from, end ?? from + size, randomPair(seed, k, 0)[0]);
  }
  if (start === undefined) return k;
  return end === undefined ? start + k : start + k * ((end - start) / size);
}

function poissonMass(k: number, mean: number): number {
  if (mean === 0) return k === 0 ? 1 : 0;
  return probability(k * portableLog(mean) - mean - logFactorial(k));
}

function binomialMass(k: number, trials: number, p: number): number {
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === trials ? 1 : 0;
  const ways = logFactorial(trials) - logFactorial(k) - logFactorial(trials - k);
  return probability(ways + k * portableLog(p) + (trials - k) * portableLog(1 - p));
}

function normalDensity(x: number, mean: number, deviation: number): number {
  const z = (x - mean) / deviation;
  return portableExp((-z * z) / 2) / (deviation * 2.5066282746310002);
}

/** The probability of that logarithm: at most 1, where rounding would make it more. */
function probability(logarithm: number): number {
  return portableExp(logarithm < 0 ? logarithm : 0);
}
