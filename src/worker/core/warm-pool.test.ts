/**
 * What the pool of spares wants, for any history of asks.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newWarmPool, nextSpare, noteAsked, wantedSpares } from './warm-pool.js';

const MINUTE = 60_000;

describe('the pool of spares', () => {
  it('wants nothing that nobody asked for', () => {
    expect(wantedSpares(newWarmPool(4), 0)).toEqual(new Map());
  });

  it('wants one of what was asked for, and a second where that was asked for again', () => {
    const pool = newWarmPool(4);
    noteAsked(pool, 'js', 0);
    expect(wantedSpares(pool, 0)).toEqual(new Map([['js', 1]]));
    noteAsked(pool, 'js', 0);
    expect(wantedSpares(pool, 0)).toEqual(new Map([['js', 2]]));
  });

  it('wants one of each kind before a second of any, the most asked for first', () => {
    const pool = newWarmPool(4);
    for (let i = 0; i < 5; i++) noteAsked(pool, 'js', 0);
    noteAsked(pool, 'python', 0);
    expect(wantedSpares(pool, 0)).toEqual(
      new Map([
        ['js', 1],
        ['python', 1],
      ]),
    );
    noteAsked(pool, 'wasm', 0);
    noteAsked(pool, 'wasm', 0);
    expect([...wantedSpares(pool, 0).keys()]).toEqual(['js', 'wasm']);
  });

  it('lets go of what is too much before it starts what is missing', () => {
    const pool = newWarmPool(1);
    noteAsked(pool, 'js', 0);
    noteAsked(pool, 'python', 0);
    noteAsked(pool, 'python', 0);
    expect(nextSpare(pool, new Map([['js', 1]]), 0)).toEqual({ drop: 'js' });
    expect(nextSpare(pool, new Map(), 0)).toEqual({ start: 'python' });
    expect(nextSpare(pool, new Map([['python', 1]]), 0)).toBeUndefined();
  });

  it('forgets within minutes', () => {
    const pool = newWarmPool(2);
    noteAsked(pool, 'js', 0);
    expect(wantedSpares(pool, 4 * MINUTE)).toEqual(new Map([['js', 1]]));
    expect(wantedSpares(pool, 5 * MINUTE)).toEqual(new Map());
    expect(pool.demands.size).toBe(0);
  });

  it('keeps nothing where there are no cores', () => {
    const pool = newWarmPool(0);
    noteAsked(pool, 'js', 0);
    expect(nextSpare(pool, new Map(), 0)).toBeUndefined();
  });

  it('never wants more than it may, nor a kind that was not asked for, and settles', () => {
    const asks = fc.array(
      fc.record({ kind: fc.constantFrom('a', 'b', 'c', 'd'), afterMs: fc.nat(3 * MINUTE) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.nat(8), asks, (cores, history) => {
        const pool = newWarmPool(cores);
        const have = new Map<string, number>();
        const asked = new Set<string>();
        let nowMs = 0;
        for (const { kind, afterMs } of history) {
          nowMs += afterMs;
          noteAsked(pool, kind, nowMs);
          asked.add(kind);
          const wanted = wantedSpares(pool, nowMs);
          const sum = [...wanted.values()].reduce((a, b) => a + b, 0);
          expect(sum).toBeLessThanOrEqual(Math.min(2, cores));
          for (const one of wanted.keys()) expect(asked.has(one)).toBe(true);
          for (let steps = 0; ; steps++) {
            const next = nextSpare(pool, have, nowMs);
            if (next === undefined) break;
            expect(steps).toBeLessThan(10);
            if ('drop' in next) have.set(next.drop, have.get(next.drop)! - 1);
            else have.set(next.start, (have.get(next.start) ?? 0) + 1);
          }
          for (const [one, count] of have) expect(count).toBe(wanted.get(one) ?? 0);
        }
      }),
    );
  });
});
