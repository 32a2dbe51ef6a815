import { expect, it } from 'vitest';
import { SeededRandom } from '../../testing/seeded-random.js';
import { ReceivedSlices } from './received-slices.js';

it('the set of received slices accepts each slice once, in any order', () => {
  const random = new SeededRandom(4);
  const received = new ReceivedSlices();
  const seen = new Set<number>();
  for (let i = 0; i < 5_000; i++) {
    const slice = random.integer(1, 800);
    expect(received.add(slice)).toBe(!seen.has(slice));
    seen.add(slice);
    expect(received.size).toBe(seen.size);
  }
});

it('the set of received slices accepts a million slices in order quickly', () => {
  const received = new ReceivedSlices();
  for (let slice = 1; slice <= 1_000_000; slice++) received.add(slice);
  expect(received.size).toBe(1_000_000);
  expect(received.add(500_000)).toBe(false);
});

it('the set of received slices accepts each slice once when workers deliver runs in turn, some of them twice', () => {
  const random = new SeededRandom(5);
  const received = new ReceivedSlices();
  const seen = new Set<number>();
  const next = [1, 301, 601];
  for (let turn = 0; turn < 400; turn++) {
    const worker = random.integer(0, next.length - 1);
    const first = Math.max(1, next[worker]! - random.integer(0, 3));
    const last = first + random.integer(0, 9);
    for (let slice = first; slice <= last; slice++) {
      expect(received.add(slice)).toBe(!seen.has(slice));
      seen.add(slice);
    }
    next[worker] = last + 1;
  }
  expect(received.size).toBe(seen.size);
});
