import { describe, expect, test } from 'vitest';
import { logFactorial, portableExp, portableLog } from './portable-math.js';

/** The distance of two doubles relative to the second. */
const apart = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / Math.abs(b));

describe('logarithm and exponential', () => {
  test('are those of the engine, to the last bit but one', () => {
    for (let i = 1; i <= 20_000; i++) {
      const x = Math.pow(1.05, (i % 2_000) - 1_000) * (1 + i / 7);
      expect(apart(portableLog(x), Math.log(x)), String(x)).toBeLessThan(3e-16);
      const y = (i - 10_000) / 15;
      if (y > -700) expect(apart(portableExp(y), Math.exp(y)), String(y)).toBeLessThan(5e-16);
    }
    expect([portableLog(1), portableExp(0), portableExp(-800)]).toEqual([0, 1, 0]);
    expect(portableLog(5e-324)).toBe(Math.log(5e-324));
    expect(portableLog(Number.MAX_VALUE)).toBe(Math.log(Number.MAX_VALUE));
    expect(portableExp(-740)).toBe(Math.exp(-740));
  });

  test('golden bits hold in every engine', () => {
    expect(portableLog(10)).toBe(2.302585092994046);
    expect(portableLog(0.1)).toBe(-2.3025850929940455);
    expect(portableExp(1)).toBe(2.7182818284590455);
    expect(portableExp(-2.5)).toBe(0.0820849986238988);
  });
});

test('logarithms of factorials agree on both sides of the border between product and series', () => {
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    sum += Math.log(k);
    expect(apart(logFactorial(k), sum === 0 ? 1 : sum), String(k)).toBeLessThan(k === 1 ? 2 : 1e-14);
  }
  expect(logFactorial(0)).toBe(0);
});
