/**
 * A worker's core on its own, for tests that play the world: events in, effects out, time by hand.
 * @module
 */
import type { CoreEvent, Effect } from '../../worker/core/events.js';
import { newCoreState } from '../../worker/core/state.js';
import type { CoreState, Tuning } from '../../worker/core/state.js';
import { step } from '../../worker/core/step.js';

export const JOB = 'job';
const LIMITS = { sliceTimeoutMs: 1_000, noProgressMs: 500 };
/** Sizes that are easy to reckon with. */
const PLAIN: Partial<Tuning> = {
  batchMs: 25,
  batchMsMin: 5,
  batchShare: 1 / 8,
  queueMs: 20,
  longSliceMs: 200,
};
export const BYTES = new Uint8Array(10);

/** A core and its clock; `do` answers with the effects, those of one type where it is named. */
export function stand(slots = 1, tuning: Partial<Tuning> = {}) {
  const state: CoreState = newCoreState(slots, { ...PLAIN, ...tuning });
  const world = {
    state,
    nowMs: 0,
    do: (event: CoreEvent): Effect[] => step(state, event, world.nowMs),
    grant: (
      request: number,
      first: number,
      count: number,
      more: { jobId?: string; sliceMs?: number; needsFetch?: number[] } = {},
    ) =>
      world.do({
        type: 'grant',
        request,
        lease: {
          leaseId: `L${first}`,
          jobId: more.jobId ?? JOB,
          packageDigest: 'd',
          first,
          count,
          leaseMs: 60_000,
          estimatedSliceMs: more.sliceMs,
          needsFetch: more.needsFetch ?? [],
        },
      }),
    ready: (epoch: number, slot = 0) => world.do({ type: 'sandbox-ready', slot, epoch, limits: LIMITS }),
    outcomes: (
      batch: number,
      first: number,
      count: number,
      done: boolean,
      epoch = state.lastEpoch,
      slot = 0,
    ) => world.do({ type: 'outcomes', slot, epoch, batch, first, count, computeMs: 1, done, segment: BYTES }),
  };
  return world;
}

/** A worker with one lease of slices 1 to `count` at work. */
export function atWork(
  count: number,
  more: { sliceMs?: number; needsFetch?: number[] } = {},
  tuning: Partial<Tuning> = {},
) {
  const world = stand(1, tuning);
  world.do({ type: 'online' });
  world.grant(1, 1, count, more);
  const dispatched = of(world.ready(1), 'dispatch');
  return { ...world, world, dispatched };
}

export function of<K extends Effect['type']>(effects: Effect[], type: K): Extract<Effect, { type: K }>[] {
  return effects.filter((e): e is Extract<Effect, { type: K }> => e.type === type);
}

export const types = (effects: Effect[]): string[] => effects.map((e) => e.type);
