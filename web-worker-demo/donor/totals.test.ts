import { expect, it } from 'vitest';
import { openPageStore } from './page-store.js';
import { addTotals, readTotals, writeTotals } from './totals.js';

const noStorage = (): Storage => {
  throw new Error('refused');
};

it('totals are read as they were written', () => {
  const store = openPageStore(noStorage);
  expect(readTotals(store)).toEqual({ slices: 0, failed: 0, computeMs: 0 });
  const totals = addTotals({ slices: 3, failed: 1, computeMs: 1.6 }, { slices: 1, failed: 1, computeMs: 1 });
  writeTotals(store, totals);
  expect(readTotals(store)).toEqual({ slices: 4, failed: 2, computeMs: 3 });
});

it('totals that are no numbers are read as 0', () => {
  const store = openPageStore(noStorage);
  store.write('totals', { slices: -1, failed: 5, computeMs: 'x' });
  expect(readTotals(store)).toEqual({ slices: 0, failed: 0, computeMs: 0 });
});

it('totals of an older version, without failures, are read', () => {
  const store = openPageStore(noStorage);
  store.write('totals', { slices: 7, computeMs: 5 });
  expect(readTotals(store)).toEqual({ slices: 7, failed: 0, computeMs: 5 });
});
