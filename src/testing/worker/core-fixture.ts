/**
 * The core of a worker alone: tests pass events in, get effects out, and set the time.
 * @module
 */
import type { CoreEvent, Effect } from '../../worker/core/events.js';
import { newCoreState } from '../../worker/core/state.js';
import type { CoreState } from '../../worker/core/state.js';
import type { Tuning } from '../../worker/core/tuning.js';
import { step } from '../../worker/core/step.js';

export const JOB = 'job';
const LIMITS = { sliceTimeoutMs: 1_000, noProgressMs: 500 };
/** Tuning with round numbers. */
const DEFAULT_TUNING: Partial<Tuning> = {
  batchMs: 25,
  batchMsMin: 5,
  batchShare: 1 / 8,
  queueMs: 20,
  longSliceMs: 200,
};
export const SEGMENT = new Uint8Array(10);

/** A core and its clock; `do` passes one event to the core and returns the effects. */
export function createCoreFixture(slots = 1, tuning: Partial<Tuning> = {}) {
  const state: CoreState = newCoreState(slots, { ...DEFAULT_TUNING, ...tuning });
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
    /** The sandbox could not be set up. */
    fail: (epoch: number, fault: 'job' | 'worker', message: string) =>
      world.do({ type: 'sandbox-failed', slot: 0, epoch, fault, message }),
    crash: (epoch: number, message = 'gone', isShared = true) =>
      world.do({ type: 'sandbox-exit', slot: 0, epoch, message, isShared }),
    outcomes: (
      batch: number,
      first: number,
      count: number,
      done: boolean,
      epoch = state.lastEpoch,
      slot = 0,
    ) =>
      world.do({ type: 'outcomes', slot, epoch, batch, first, count, computeMs: 1, done, segment: SEGMENT }),
  };
  return world;
}

type GrantOptions = Parameters<ReturnType<typeof createCoreFixture>['grant']>[3];

/** A core that holds one lease of slices 1 to `count`, and has asked for the sandbox of its only slot. */
export function createCoreWithGrant(count: number, more?: GrantOptions, tuning: Partial<Tuning> = {}) {
  const world = createCoreFixture(1, tuning);
  world.do({ type: 'online' });
  world.grant(1, 1, count, more);
  return world;
}

/** The same with its sandbox running; `dispatched`: the batches that it sent to the sandbox. */
export function createCoreWithLease(count: number, more?: GrantOptions, tuning: Partial<Tuning> = {}) {
  const world = createCoreWithGrant(count, more, tuning);
  const dispatched = effectsOfType(world.ready(1), 'dispatch');
  return { ...world, world, dispatched };
}

export function effectsOfType<K extends Effect['type']>(
  effects: Effect[],
  type: K,
): Extract<Effect, { type: K }>[] {
  return effects.filter((e): e is Extract<Effect, { type: K }> => e.type === type);
}

export const effectTypes = (effects: Effect[]): string[] => effects.map((e) => e.type);
