/**
 * The seeded generator is reproducible and evenly distributed.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from './seeded-random.js';

describe('SeededRandom', () => {
  it('yields the same numbers for the same seed, and others for another seed', () => {
    const draw = (seed: number): unknown[] => {
      const random = new SeededRandom(seed);
      return [
        random.next(),
        [...random.bytes(9)],
        random.integer(1, 6),
        random.fork().next(),
        random.pick(['a', 'b']),
      ];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(0)).not.toEqual(draw(1));
  });

  it('yields every value within the bounds about equally often, and none outside', () => {
    const random = new SeededRandom(3);
    const faces = new Map<number, number>();
    let sum = 0;
    for (let i = 0; i < 60_000; i++) {
      const face = random.integer(1, 6);
      faces.set(face, (faces.get(face) ?? 0) + 1);
      const next = random.next();
      expect(next >= 0 && next < 1).toBe(true);
      sum += next;
    }
    expect([...faces.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of faces.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(Math.abs(sum / 60_000 - 0.5)).toBeLessThan(0.01);
    expect(new Set(random.bytes(10_000)).size).toBe(256);
  });

  it('returns true with the given probability, including 0 and 1', () => {
    const random = new SeededRandom(1);
    const hits = (chance: number): number =>
      Array.from({ length: 1_000 }, () => random.chance(chance)).filter(Boolean).length;
    expect([hits(0), hits(1)]).toEqual([0, 1_000]);
    expect(Math.abs(hits(0.3) - 300)).toBeLessThan(60);
  });
});
