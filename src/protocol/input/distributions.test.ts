import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../lib/crypto/random.js';
import { createStats, DistributionRange } from './distribution-range.js';

const { set } = createStats(systemRandom);
const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error;
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

describe('random numbers', () => {
  test('are within their bounds, spread over them, and the same whenever they are read', () => {
    const range = set.random(20_000, -2, 6);
    const numbers = range.toArray();
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...numbers)).toBeLessThan(6);
    expect(mean(numbers)).toBeCloseTo(2, 0);
    expect(new Set(numbers).size).toBe(20_000);
    expect([...range]).toEqual(numbers);
    expect(range.nthValue(17)).toBe(numbers[17]);
    expect(new DistributionRange(range.toObject()).slice(-3)).toEqual(numbers.slice(-3));
    expect(set.random(3).toArray()).not.toEqual(set.random(3).toArray());
  });

  test('whole ones reach each number up to but not including the end', () => {
    const dice = set.randomInt(6_000, 1, 7).toArray();
    for (let face = 1; face <= 6; face++) {
      const times = dice.filter((each) => each === face).length;
      expect(times).toBeGreaterThan(800);
      expect(times).toBeLessThan(1_200);
    }
  });

  test('of the normal distribution have its mean and deviation', () => {
    const numbers = set.normalRNG(20_000, 10, 3).toArray();
    const middle = mean(numbers);
    expect(middle).toBeGreaterThan(9.8);
    expect(middle).toBeLessThan(10.2);
    const deviation = Math.sqrt(mean(numbers.map((each) => (each - middle) ** 2)));
    expect(deviation).toBeGreaterThan(2.9);
    expect(deviation).toBeLessThan(3.1);
  });

  test('of one seed are these in every engine', () => {
    const bounds = { length: 3, seed: 42 };
    const golden = (dist: 'random' | 'randomInt' | 'normalRNG', params: number[]): number[] =>
      new DistributionRange({ ...bounds, dist, params }).toArray();
    expect(golden('random', [0, 1])).toMatchInlineSnapshot(`
      [
        0.6129598801477738,
        0.9877186516453577,
        0.825866830783453,
      ]
    `);
    expect(golden('randomInt', [0, 1_000])).toMatchInlineSnapshot(`
      [
        612,
        987,
        825,
      ]
    `);
    expect(golden('normalRNG', [0, 1])).toMatchInlineSnapshot(`
      [
        0.18057615264680893,
        0.3126864277095914,
        1.176955046111913,
      ]
    `);
  });
});

describe('probabilities', () => {
  test('of events that happen at a rate', () => {
    const masses = set.poisson(60, 4).toArray();
    expect(masses[0]).toBeCloseTo(Math.exp(-4), 14);
    expect(masses[4]).toBeCloseTo((Math.exp(-4) * 4 ** 4) / 24, 14);
    expect(masses.reduce((a, b) => a + b)).toBeCloseTo(1, 13);
    expect(set.poisson(3, 0).toArray()).toEqual([1, 0, 0]);
  });

  test('of successes in as many trials as there are numbers', () => {
    const masses = set.binomial(10, 0.25).toArray();
    expect(masses[0]).toBeCloseTo(0.75 ** 10, 14);
    expect(masses[3]).toBeCloseTo(120 * 0.25 ** 3 * 0.75 ** 7, 14);
    expect(set.binomial(3, 0).toArray()).toEqual([1, 0, 0]);
    expect(set.binomial(3, 1).toArray()).toEqual([0, 0, 0]);
  });

  test('densities of the normal distribution, at the points that were asked for', () => {
    const density = (x: number): number => Math.exp(-((x - 1) ** 2) / 8) / (2 * Math.sqrt(2 * Math.PI));
    const near = (points: number[]): unknown => points.map((x) => expect.closeTo(density(x), 14) as number);
    expect(set.normal(3, 1, 2).toArray()).toEqual(near([0, 1, 2]));
    expect(set.normal(3, 1, 2, -1).toArray()).toEqual(near([-1, 0, 1]));
    expect(set.normal(4, 1, 2, -1, 1).toArray()).toEqual(near([-1, -0.5, 0, 0.5]));
    expect(set.normal(4, 1, 2, undefined, 2).toArray()).toEqual(near([0, 0.5, 1, 1.5]));
  });

  test('at random points are some of those', () => {
    const all = set.poisson(20, 4).toArray();
    const some = set.poisson(20, 4, true);
    expect(some.seed).toBeTypeOf('number');
    for (const each of some) expect(all).toContain(each);
    for (const each of set.binomial(9, 0.5, true)) expect(each).toBeGreaterThan(0);
    for (const each of set.normal(9, 0, 1, -1, 1, true)) expect(each).toBeGreaterThan(0.24);
  });
});

test('the numbers up to n are themselves', () => {
  expect(set.identity(4).toArray()).toEqual([0, 1, 2, 3]);
  expect(set.identity(4).materialize()).toEqual([0, 1, 2, 3]);
  expect(String(set.normal(4, 0, 2))).toBe('normal(4, 0, 2)');
});

test.each<[string, () => unknown]>([
  ['no slices', () => set.random(0)],
  ['half a slice', () => set.identity(1.5)],
  ['a maximum below the minimum', () => set.random(2, 3, 1)],
  ['fractions as whole numbers', () => set.randomInt(2, 0.5, 3)],
  ['no bounds', () => set.randomInt(2, undefined as never, undefined as never)],
  ['a negative rate', () => set.poisson(2, -1)],
  ['a probability over 1', () => set.binomial(2, 1.1)],
  ['a deviation of 0', () => set.normal(2, 0, 0)],
  ['a function as `random`', () => set.poisson(2, 1, Math.random as never)],
  ['an unknown name', () => new DistributionRange({ length: 2, dist: 'zipf' as never })],
  [
    'random numbers without a seed',
    () => new DistributionRange({ length: 2, dist: 'random', params: [0, 1] }),
  ],
  ['a seed without random numbers', () => new DistributionRange({ length: 2, dist: 'identity', seed: 1 })],
  [
    'a fraction as a seed',
    () => new DistributionRange({ length: 2, dist: 'random', params: [0, 1], seed: 0.5 }),
  ],
])('%s: refused', (_what, make) => {
  expect(make).toThrow(invalid);
});
