import { expect, it } from 'vitest';
import { DayBytes } from './day-bytes.js';
import type { PageStore } from './page-store.js';

const DAY_MS = 86_400_000;

function storeOf(): PageStore {
  const kept = new Map<string, unknown>();
  return {
    keeps: true,
    read: (name) => kept.get(name),
    write: (name, value) => void kept.set(name, value),
    onChange: () => undefined,
  };
}

it('the bytes of a day are kept without a worker, across visits, until midnight UTC', () => {
  const store = storeOf();
  let nowMs = 20_000 * DAY_MS + 5;
  const first = new DayBytes(store, () => nowMs);
  expect(first.today(undefined)).toBe(0);
  expect([first.today(700), first.today(undefined)]).toEqual([700, 700]);
  first.save();
  expect(new DayBytes(store, () => nowMs).today(undefined)).toBe(700);
  nowMs += DAY_MS;
  expect([first.today(undefined), new DayBytes(store, () => nowMs).today(undefined)]).toEqual([0, 0]);
});

it.each([
  ['the greater one first', [5_000, 700]],
  ['the smaller one first', [700, 5_000]],
])('of two tabs the smaller sum never takes the place of the greater one, kept with %s', (_order, sums) => {
  const store = storeOf();
  const nowMs = 20_000 * DAY_MS;
  const tabs = sums.map(() => new DayBytes(store, () => nowMs));
  tabs.forEach((tab, i) => tab.today(sums[i]));
  for (const tab of tabs) tab.save();
  expect(new DayBytes(store, () => nowMs).today(undefined)).toBe(5_000);
  expect(tabs[1]!.today(800)).toBe(5_000);
});

it('a stored byte sum that is invalid counts as 0', () => {
  for (const wrong of [null, 'x', { day: 20_000, bytes: -1 }, { day: 20_000.5, bytes: 1 }]) {
    const store = storeOf();
    store.write('bytes-today', wrong);
    expect(new DayBytes(store, () => 20_000 * DAY_MS).today(undefined)).toBe(0);
  }
});
