import { expect, it } from 'vitest';
import { SeededRandom } from '../../testing/seeded-random.js';
import { ReceivedSlices } from './received-slices.js';

it('slices that are removed count no longer and can be added again, whatever the order', () => {
  const random = new SeededRandom(3);
  const received = new ReceivedSlices();
  const known = new Set<number>();
  for (let step = 0; step < 5_000; step++) {
    const first = random.integer(1, 60);
    if (random.chance(0.7)) {
      expect(received.add(first)).toBe(!known.has(first));
      known.add(first);
    } else {
      const last = first + random.integer(0, 12);
      let removed = 0;
      for (let slice = first; slice <= last; slice++) if (known.delete(slice)) removed++;
      expect(received.removeRange(first, last)).toBe(removed);
    }
    expect(received.size).toBe(known.size);
  }
});
