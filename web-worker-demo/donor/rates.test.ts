import { expect, it } from 'vitest';
import { Rates } from './rates.js';

it('the rate is a mean of the last whole seconds', () => {
  const rates = new Rates();
  rates.begin(100_000);
  for (let ms = 100_000; ms < 110_000; ms += 500) rates.add(10, ms);
  expect(rates.current(110_000)).toBe(20);
  expect(rates.current(114_000)).toBeCloseTo(20 / 3);
  expect(rates.current(118_000)).toBe(0);
});

it('the series covers three minutes, and older counts are dropped', () => {
  const rates = new Rates();
  rates.add(600, 0);
  rates.add(60, 400_000);
  const series = rates.series(404_000);
  expect(series).toHaveLength(90);
  expect(series.filter((rate) => rate > 0)).toEqual([10, 10]);
});

it('the rate’s mean leaves out the time before the start', () => {
  const rates = new Rates();
  rates.begin(10_000);
  rates.add(40, 10_500);
  expect(rates.current(12_000)).toBe(20);
});
