import { expect, it } from 'vitest';
import { BusyCores, SHOWN_MS } from './busy-cores.js';

it('busy cores are the mean of each step, and the last sample continues', () => {
  const cores = new BusyCores();
  cores.record(0, 0);
  cores.record(4, 10_000);
  cores.record(4, 11_000);
  cores.record(2, 13_000);
  const series = cores.series(20_000);
  expect(series).toHaveLength(SHOWN_MS / 2_000);
  expect(series.slice(-6)).toEqual([0, 4, 3, 2, 2, 2]);
  expect(cores.series(20_000 + SHOWN_MS)).toEqual(Array.from({ length: SHOWN_MS / 2_000 }, () => 2));
});

it('samples older than the chart are dropped', () => {
  const cores = new BusyCores();
  for (let second = 0; second < 2_000; second++) cores.record(second % 2, second * 1_000);
  expect(JSON.stringify(cores.series(2_000_000))).not.toContain('null');
  expect(Math.max(...cores.series(2_000_000))).toBe(0.5);
});
