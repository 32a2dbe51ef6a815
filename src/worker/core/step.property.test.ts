/**
 * Properties of the core under random events in random order.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyEvent,
  applySandboxEvent,
  pickAt,
  randomEvents,
} from '../../testing/worker/core-random-events.js';
import { SLOTS, CoreModel } from '../../testing/worker/core-model.js';
import { CLOSE_GRACE_MS } from './owner-limits.js';

describe('the core', () => {
  it('reports each slice once and in order, and never dispatches or releases a slice twice', () => {
    fc.assert(
      fc.property(fc.array(randomEvents, { maxLength: 120 }), (script) => {
        const world = new CoreModel();
        world.do({ type: 'online' });
        for (const event of script) applyEvent(world, event);
      }),
      { numRuns: 500 },
    );
  });

  it('drains after any history', () => {
    const end = fc.constantFrom('drain' as const, 'halt' as const);
    fc.assert(
      fc.property(
        fc.array(randomEvents, { maxLength: 80 }),
        end,
        fc.array(randomEvents, { maxLength: 20 }),
        (before, how, after) => {
          const world = new CoreModel();
          world.do({ type: 'online' });
          for (const event of before) applyEvent(world, event);
          applyEvent(world, { kind: how });
          for (const event of after) applyEvent(world, event);
          applyEvent(world, { kind: 'halt' });
          for (const report of [...world.reports.keys()]) world.do({ type: 'reported', report });
          expect(world.drained).toBe(1);
          expect(world.state.leases.size).toBe(0);
          expect(world.sandboxes.size).toBe(0);
          for (const lease of world.leases.values()) expect(lease.isOver).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('holds no leases once it is paused, after any history, and requests work again afterwards', () => {
    fc.assert(
      fc.property(fc.array(randomEvents, { maxLength: 80 }), (before) => {
        const world = new CoreModel();
        world.do({ type: 'online' });
        for (const event of before)
          if (event.kind !== 'drain' && event.kind !== 'halt') applyEvent(world, event);
        world.do({ type: 'online' });
        world.do({ type: 'limits', cores: SLOTS, share: 1, paused: true });
        expect(world.requests.size).toBe(0);
        world.nowMs += CLOSE_GRACE_MS;
        world.do({ type: 'tick' });
        for (const report of [...world.reports.keys()]) world.do({ type: 'reported', report });
        expect(world.state.leases.size).toBe(0);
        expect(world.state.slots.map(({ sandbox }) => sandbox.phase)).toEqual(
          world.state.slots.map(() => 'none'),
        );
        world.do({ type: 'limits', cores: SLOTS, share: 1, paused: false });
        world.nowMs += world.state.tuning.backoffMsMax;
        world.do({ type: 'tick' });
        expect(world.requests.size).toBe(SLOTS);
      }),
      { numRuns: 300 },
    );
  });

  it('completes every lease if nothing fails', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ count: fc.integer({ min: 1, max: 60 }), flush: fc.integer({ min: 1, max: 20 }) }),
          { minLength: 1, maxLength: 10 },
        ),
        (jobs) => {
          const world = new CoreModel();
          world.do({ type: 'online' });
          for (const { count, flush } of jobs) {
            world.nowMs += 10;
            const request = pickAt([...world.requests], 0);
            if (request !== undefined) world.grant(request, count, 'a', undefined);
            for (
              let guard = 0;
              guard < 500 && (world.batches.length > 0 || world.state.leases.size > 0);
              guard++
            ) {
              world.nowMs += 1;
              for (let s = 0; s < SLOTS; s++) {
                applySandboxEvent(world, { kind: 'ready', slot: s });
                applySandboxEvent(world, { kind: 'outcomes', slot: s, count: flush, bytes: 10 });
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
