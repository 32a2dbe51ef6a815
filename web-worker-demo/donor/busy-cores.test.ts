import { expect, it } from 'vitest';
import { BusyCores, SHOWN_MS } from './busy-cores.js';

it('shows the mean of each step, and goes on with what was seen last', () => {
  const cores = new BusyCores();
  cores.look(0, 0);
  cores.look(4, 10_000);
  cores.look(4, 11_000);
  cores.look(2, 13_000);
  const series = cores.series(20_000);
  expect(series).toHaveLength(SHOWN_MS / 2_000);
  expect(series.slice(-6)).toEqual([0, 4, 3, 2, 2, 2]);
  expect(cores.series(20_000 + SHOWN_MS)).toEqual(Array.from({ length: SHOWN_MS / 2_000 }, () => 2));
});

it('forgets what is older than it shows', () => {
  const cores = new BusyCores();
  for (let second = 0; second < 2_000; second++) cores.look(second % 2, second * 1_000);
  expect(JSON.stringify(cores.series(2_000_000))).not.toContain('null');
  expect(Math.max(...cores.series(2_000_000))).toBe(0.5);
});
