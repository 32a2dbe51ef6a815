/**
 * What can happen around a worker's core, as data: random histories are lists of these.
 * @module
 */
import fc from 'fast-check';
import { BYTES_MAX, SLOTS } from './core-world.js';
import type { World } from './core-world.js';

export type Act =
  | { act: 'time'; ms: number }
  | { act: 'online' | 'offline' | 'tick' | 'drain' | 'halt' }
  | { act: 'grant'; pick: number; count: number; jobId: string; sliceMs: number | undefined }
  | { act: 'stray-grant'; count: number }
  | { act: 'recall' | 'lease-lost'; pick: number }
  | { act: 'limits'; cores: number; share: number; paused: boolean }
  | { act: 'refuse'; jobId: string }
  | { act: 'ready' | 'exit'; slot: number }
  | { act: 'fail'; slot: number; fault: 'job' | 'worker' }
  | { act: 'input-failed'; pick: number; fault: 'job' | 'worker' }
  | { act: 'input-ready'; pick: number }
  | { act: 'outcomes'; slot: number; count: number; bytes: number }
  | { act: 'cheat'; slot: number; first: number; count: number; done: boolean }
  | { act: 'sign'; slot: number; begin: boolean; offset: number }
  | { act: 'answer'; pick: number; how: 'ok' | 'lease-lost' | 'failed' };

const slot = fc.nat(SLOTS - 1);
const pick = fc.nat(100);
const fault = fc.constantFrom('job' as const, 'worker' as const);
export const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 900 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom('online' as const, 'offline' as const, 'tick' as const) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('grant' as const),
      pick,
      count: fc.integer({ min: 1, max: 40 }),
      jobId: fc.constantFrom('a', 'a', 'b'),
      sliceMs: fc.constantFrom(undefined, 0.1, 3, 30, 300),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('stray-grant' as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom('recall' as const, 'lease-lost' as const), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('limits' as const),
      cores: fc.integer({ min: 1, max: SLOTS }),
      share: fc.constantFrom(1, 1, 0.5, 0.1),
      paused: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('refuse' as const), jobId: fc.constantFrom('a', 'b') }),
  },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('ready' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('exit' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('fail' as const), slot, fault }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('input-failed' as const), pick, fault }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('input-ready' as const), pick }) },
  {
    weight: 14,
    arbitrary: fc.record({
      act: fc.constant('outcomes' as const),
      slot,
      count: fc.integer({ min: 1, max: 30 }),
      bytes: fc.integer({ min: 1, max: BYTES_MAX }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('cheat' as const),
      slot,
      first: fc.integer({ min: 1_000, max: 4_000 }),
      count: fc.integer({ min: 0, max: 50 }),
      done: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('sign' as const), slot, begin: fc.boolean(), offset: fc.nat(3) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      act: fc.constant('answer' as const),
      pick,
      how: fc.constantFrom(
        'ok' as const,
        'ok' as const,
        'ok' as const,
        'ok' as const,
        'lease-lost' as const,
        'failed' as const,
      ),
    }),
  },
);

export function at<T>(items: T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

export function play(world: World, act: Act): void {
  switch (act.act) {
    case 'time':
      world.nowMs += act.ms;
      return;
    case 'online':
    case 'offline':
    case 'tick':
      return world.do({ type: act.act });
    case 'drain':
    case 'halt':
      world.stopping = true;
      return world.do(act.act === 'drain' ? { type: 'drain' } : { type: 'halt', reason: 'now' });
    case 'grant': {
      const request = at([...world.requests], act.pick);
      if (request !== undefined) world.grant(request, act.count, act.jobId, act.sliceMs);
      return;
    }
    case 'stray-grant':
      return world.grant(9_999, act.count, 'a', undefined);
    case 'recall':
    case 'lease-lost': {
      const held = at([...world.state.leases.keys()], act.pick);
      if (held === undefined) return;
      if (act.act === 'recall') world.do({ type: 'recall', leaseId: held, isWarm: act.pick % 2 === 0 });
      else world.do({ type: 'lease-lost', leaseId: held });
      if (act.act === 'lease-lost') world.leases.get(held)!.gone = true;
      return;
    }
    case 'limits': {
      const { cores, share, paused } = act;
      return world.do({ type: 'limits', cores, share, paused });
    }
    case 'refuse':
      return world.do({ type: 'refuse', jobId: act.jobId, reason: 'unwanted' });
    case 'answer': {
      const report = at([...world.reports.keys()], act.pick);
      if (report === undefined) return;
      world.reports.delete(report);
      return world.do(
        act.how === 'ok'
          ? { type: 'reported', report }
          : { type: 'report-failed', report, leaseLost: act.how === 'lease-lost' },
      );
    }
    case 'input-failed': {
      const batch = at(world.batches, act.pick);
      if (batch === undefined) return;
      const { epoch, batch: number, slot } = batch;
      if (world.waits(batch)) world.undispatch(batch);
      return world.do({
        type: 'input-failed',
        slot,
        epoch,
        batch: number,
        fault: act.fault,
        message: 'no',
      });
    }
    case 'input-ready': {
      const batch = at(world.batches, act.pick);
      if (batch === undefined) return;
      world.came.add(batch.batch);
      return world.do({ type: 'input-ready', slot: batch.slot, epoch: batch.epoch, batch: batch.batch });
    }
    default:
      return playSandbox(world, act);
  }
}

export function playSandbox(world: World, act: Extract<Act, { slot: number }>): void {
  const sandbox = world.sandboxes.get(act.slot);
  if (sandbox === undefined) return;
  const { epoch } = sandbox;
  const where = { slot: act.slot, epoch };
  switch (act.act) {
    case 'ready':
      if (sandbox.phase === 'ready') return;
      sandbox.phase = 'ready';
      return world.do({
        type: 'sandbox-ready',
        ...where,
        limits: { sliceTimeoutMs: 5_000, noProgressMs: 2_000 },
      });
    case 'fail':
      if (sandbox.phase === 'opening')
        world.do({ type: 'sandbox-failed', ...where, fault: act.fault, message: 'no' });
      return;
    case 'exit':
      if (sandbox.phase === 'ready') world.do({ type: 'sandbox-exit', ...where, message: 'gone' });
      return;
    case 'outcomes':
      if (sandbox.phase === 'ready') world.outcomes(act.slot, act.count, act.bytes);
      return;
    case 'cheat': {
      if (sandbox.phase !== 'ready') return;
      const { first, count, done } = act;
      const batch = world.batches.find((b) => b.slot === act.slot)?.batch ?? 0;
      // What happens to be right is not a cheat.
      if (world.batches.some((b) => b.slot === act.slot && b.next === first)) return;
      return world.do({
        type: 'outcomes',
        ...where,
        batch,
        first,
        count,
        computeMs: 0,
        done,
        segment: new Uint8Array(1),
      });
    }
    case 'sign': {
      const sliceNumber = (world.batches.find((b) => b.slot === act.slot)?.next ?? 1) + act.offset;
      return world.do({ type: act.begin ? 'begin' : 'progress', ...where, sliceNumber });
    }
  }
}
