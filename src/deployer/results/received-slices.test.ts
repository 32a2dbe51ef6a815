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
