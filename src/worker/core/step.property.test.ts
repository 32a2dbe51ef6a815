/**
 * The core against a world that does anything in any order: whatever comes, what it does stays within its promises.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acts, at, play, playSandbox } from '../../testing/worker/core-acts.js';
import { SLOTS, World } from '../../testing/worker/core-world.js';
import { CLOSE_GRACE_MS } from './allow.js';

describe('the core', () => {
  it('reports each slice once and in order, feeds and returns no slice twice, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 120 }), (script) => {
        const world = new World();
        world.do({ type: 'online' });
        for (const act of script) play(world, act);
      }),
      { numRuns: 500 },
    );
  });

  it('ends, when it is told to, whatever went before', () => {
    const end = fc.constantFrom('drain' as const, 'halt' as const);
    fc.assert(
      fc.property(
        fc.array(acts, { maxLength: 80 }),
        end,
        fc.array(acts, { maxLength: 20 }),
        (before, how, after) => {
          const world = new World();
          world.do({ type: 'online' });
          for (const act of before) play(world, act);
          play(world, { act: how });
          for (const act of after) play(world, act);
          play(world, { act: 'halt' });
          for (const report of [...world.reports.keys()]) world.do({ type: 'reported', report });
          expect(world.drained).toBe(1);
          expect(world.state.leases.size).toBe(0);
          expect(world.sandboxes.size).toBe(0);
          for (const lease of world.leases.values()) expect(lease.over).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps nothing once it is paused, whatever went before, and takes work again afterwards', () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 80 }), (before) => {
        const world = new World();
        world.do({ type: 'online' });
        for (const act of before) if (act.act !== 'drain' && act.act !== 'halt') play(world, act);
        world.do({ type: 'online' });
        world.do({ type: 'allow', cores: SLOTS, share: 1, paused: true });
        expect(world.wants.size).toBe(0);
        world.nowMs += CLOSE_GRACE_MS;
        world.do({ type: 'tick' });
        for (const report of [...world.reports.keys()]) world.do({ type: 'reported', report });
        expect(world.state.leases.size).toBe(0);
        expect(world.state.slots.map(({ sandbox }) => sandbox.phase)).toEqual(
          world.state.slots.map(() => 'none'),
        );
        world.do({ type: 'allow', cores: SLOTS, share: 1, paused: false });
        world.nowMs += world.state.tuning.restMsMax;
        world.do({ type: 'tick' });
        expect(world.wants.size).toBe(SLOTS);
      }),
      { numRuns: 300 },
    );
  });

  it('gets through every lease when nothing goes wrong', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ count: fc.integer({ min: 1, max: 60 }), flush: fc.integer({ min: 1, max: 20 }) }),
          { minLength: 1, maxLength: 10 },
        ),
        (jobs) => {
          const world = new World();
          world.do({ type: 'online' });
          for (const { count, flush } of jobs) {
            world.nowMs += 10;
            const want = at([...world.wants], 0);
            if (want !== undefined) world.grant(want, count, 'a', undefined);
            for (
              let guard = 0;
              guard < 500 && (world.batches.length > 0 || world.state.leases.size > 0);
              guard++
            ) {
              world.nowMs += 1;
              for (let s = 0; s < SLOTS; s++) {
                playSandbox(world, { act: 'ready', slot: s });
                playSandbox(world, { act: 'outcomes', slot: s, count: flush, bytes: 10 });
              }
              for (const report of [...world.reports.keys()]) {
                world.reports.delete(report);
                world.do({ type: 'reported', report });
              }
            }
          }
          for (const lease of world.leases.values()) expect(lease.next).toBe(lease.end);
          expect(world.state.leases.size).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });
});
