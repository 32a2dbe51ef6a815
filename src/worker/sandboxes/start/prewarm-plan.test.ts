/**
 * Which prewarmed sandboxes the plan wants, for any history of demand.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPrewarmPlan, nextPrewarmAction, recordDemand, targetCounts } from './prewarm-plan.js';

const MINUTE = 60_000;

describe('the prewarm plan', () => {
  it('starts nothing without demand', () => {
    expect(targetCounts(newPrewarmPlan(4), 0)).toEqual(new Map());
  });

  it('keeps one of a kind in demand, and a second one after repeated demand', () => {
    const pool = newPrewarmPlan(4);
    recordDemand(pool, 'js', 0);
    expect(targetCounts(pool, 0)).toEqual(new Map([['js', 1]]));
    recordDemand(pool, 'js', 0);
    expect(targetCounts(pool, 0)).toEqual(new Map([['js', 2]]));
  });

  it('keeps one of each kind before a second of any, the kind in most demand first', () => {
    const pool = newPrewarmPlan(4);
    for (let i = 0; i < 5; i++) recordDemand(pool, 'js', 0);
    recordDemand(pool, 'python', 0);
    expect(targetCounts(pool, 0)).toEqual(
      new Map([
        ['js', 1],
        ['python', 1],
      ]),
    );
    recordDemand(pool, 'wasm', 0);
    recordDemand(pool, 'wasm', 0);
    expect([...targetCounts(pool, 0).keys()]).toEqual(['js', 'wasm']);
  });

  it('removes surplus sandboxes before it starts missing ones', () => {
    const pool = newPrewarmPlan(1);
    recordDemand(pool, 'js', 0);
    recordDemand(pool, 'python', 0);
    recordDemand(pool, 'python', 0);
    expect(nextPrewarmAction(pool, new Map([['js', 1]]), 0)).toEqual({ drop: 'js' });
    expect(nextPrewarmAction(pool, new Map(), 0)).toEqual({ start: 'python' });
    expect(nextPrewarmAction(pool, new Map([['python', 1]]), 0)).toBeUndefined();
  });

  it('drops demand within minutes', () => {
    const pool = newPrewarmPlan(2);
    recordDemand(pool, 'js', 0);
    expect(targetCounts(pool, 4 * MINUTE)).toEqual(new Map([['js', 1]]));
    expect(targetCounts(pool, 5 * MINUTE)).toEqual(new Map());
    expect(pool.demands.size).toBe(0);
  });

  it('keeps none without cores', () => {
    const pool = newPrewarmPlan(0);
    recordDemand(pool, 'js', 0);
    expect(nextPrewarmAction(pool, new Map(), 0)).toBeUndefined();
  });

  it('never exceeds its size, starts only kinds in demand, and reaches a stable state', () => {
    const asks = fc.array(
      fc.record({ kind: fc.constantFrom('a', 'b', 'c', 'd'), afterMs: fc.nat(3 * MINUTE) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.nat(8), asks, (cores, history) => {
        const pool = newPrewarmPlan(cores);
        const have = new Map<string, number>();
        const asked = new Set<string>();
        let nowMs = 0;
        for (const { kind, afterMs } of history) {
          nowMs += afterMs;
          recordDemand(pool, kind, nowMs);
          asked.add(kind);
          const wanted = targetCounts(pool, nowMs);
          const sum = [...wanted.values()].reduce((a, b) => a + b, 0);
          expect(sum).toBeLessThanOrEqual(Math.min(2, cores));
          for (const one of wanted.keys()) expect(asked.has(one)).toBe(true);
          for (let steps = 0; ; steps++) {
            const next = nextPrewarmAction(pool, have, nowMs);
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
