/**
 * Random events around the core of a worker, for property tests: an arbitrary that generates them, and the function that
 * applies one to a `CoreModel`.
 * @module
 */
import fc from 'fast-check';
import { BYTES_MAX, SLOTS } from './core-model.js';
import type { CoreModel } from './core-model.js';

export type RandomEvent =
  | { kind: 'time'; ms: number }
  | { kind: 'online' | 'offline' | 'tick' | 'drain' | 'halt' }
  | { kind: 'grant'; pick: number; count: number; jobId: string; sliceMs: number | undefined }
  | { kind: 'unrequested-grant'; count: number }
  | { kind: 'recall' | 'lease-revoked'; pick: number }
  | { kind: 'limits'; cores: number; share: number; paused: boolean }
  | { kind: 'refuse'; jobId: string }
  | { kind: 'ready' | 'exit'; slot: number }
  | { kind: 'fail'; slot: number; fault: 'job' | 'worker' }
  | { kind: 'input-failed'; pick: number; fault: 'job' | 'worker' }
  | { kind: 'input-ready'; pick: number }
  | { kind: 'outcomes'; slot: number; count: number; bytes: number }
  | { kind: 'invalid-outcomes'; slot: number; first: number; count: number; done: boolean }
  | { kind: 'slice-started-or-progress'; slot: number; begin: boolean; offset: number }
  | { kind: 'answer'; pick: number; how: 'ok' | 'lease-revoked' | 'failed' };

const slot = fc.nat(SLOTS - 1);
const pick = fc.nat(100);
const fault = fc.constantFrom('job' as const, 'worker' as const);
export const randomEvents: fc.Arbitrary<RandomEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 900 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('online' as const, 'offline' as const, 'tick' as const) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      pick,
      count: fc.integer({ min: 1, max: 40 }),
      jobId: fc.constantFrom('a', 'a', 'b'),
      sliceMs: fc.constantFrom(undefined, 0.1, 3, 30, 300),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('unrequested-grant' as const),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('recall' as const, 'lease-revoked' as const), pick }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('limits' as const),
      cores: fc.integer({ min: 1, max: SLOTS }),
      share: fc.constantFrom(1, 1, 0.5, 0.1),
      paused: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('refuse' as const), jobId: fc.constantFrom('a', 'b') }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('ready' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('exit' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), slot, fault }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('input-failed' as const), pick, fault }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('input-ready' as const), pick }) },
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('outcomes' as const),
      slot,
      count: fc.integer({ min: 1, max: 30 }),
      bytes: fc.integer({ min: 1, max: BYTES_MAX }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('invalid-outcomes' as const),
      slot,
      first: fc.integer({ min: 1_000, max: 4_000 }),
      count: fc.integer({ min: 0, max: 50 }),
      done: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('slice-started-or-progress' as const),
      slot,
      begin: fc.boolean(),
      offset: fc.nat(3),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      pick,
      how: fc.constantFrom(
        'ok' as const,
        'ok' as const,
        'ok' as const,
        'ok' as const,
        'lease-revoked' as const,
        'failed' as const,
      ),
    }),
  },
);

export function pickAt<T>(items: T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

export function applyEvent(world: CoreModel, event: RandomEvent): void {
  switch (event.kind) {
    case 'time':
      world.nowMs += event.ms;
      return;
    case 'online':
    case 'offline':
    case 'tick':
      return world.do({ type: event.kind });
    case 'drain':
    case 'halt':
      world.stopping = true;
      return world.do(event.kind === 'drain' ? { type: 'drain' } : { type: 'halt', reason: 'now' });
    case 'grant': {
      const request = pickAt([...world.requests], event.pick);
      if (request !== undefined) world.grant(request, event.count, event.jobId, event.sliceMs);
      return;
    }
    case 'unrequested-grant':
      return world.grant(9_999, event.count, 'a', undefined);
    case 'recall':
    case 'lease-revoked': {
      const held = pickAt([...world.state.leases.keys()], event.pick);
      if (held === undefined) return;
      if (event.kind === 'recall') world.do({ type: 'recall', leaseId: held, isWarm: event.pick % 2 === 0 });
      else world.do({ type: 'lease-revoked', leaseId: held });
      if (event.kind === 'lease-revoked') world.leases.get(held)!.isLost = true;
      return;
    }
    case 'limits': {
      const { cores, share, paused } = event;
      return world.do({ type: 'limits', cores, share, paused });
    }
    case 'refuse':
      return world.do({ type: 'refuse', jobId: event.jobId, reason: 'unwanted' });
    case 'answer': {
      const report = pickAt([...world.reports.keys()], event.pick);
      if (report === undefined) return;
      world.reports.delete(report);
      return world.do(
        event.how === 'ok'
          ? { type: 'reported', report }
          : { type: 'report-failed', report, leaseLost: event.how === 'lease-revoked' },
      );
    }
    case 'input-failed': {
      const batch = pickAt(world.batches, event.pick);
      if (batch === undefined) return;
      const { epoch, batch: number, slot } = batch;
      if (world.isInputPending(batch)) world.undispatch(batch);
      return world.do({
        type: 'input-failed',
        slot,
        epoch,
        batch: number,
        fault: event.fault,
        message: 'no',
      });
    }
    case 'input-ready': {
      const batch = pickAt(world.batches, event.pick);
      if (batch === undefined) return;
      world.arrivedInputs.add(batch.batch);
      return world.do({ type: 'input-ready', slot: batch.slot, epoch: batch.epoch, batch: batch.batch });
    }
    default:
      return applySandboxEvent(world, event);
  }
}

export function applySandboxEvent(world: CoreModel, event: Extract<RandomEvent, { slot: number }>): void {
  const sandbox = world.sandboxes.get(event.slot);
  if (sandbox === undefined) return;
  const { epoch } = sandbox;
  const where = { slot: event.slot, epoch };
  switch (event.kind) {
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
        world.do({ type: 'sandbox-failed', ...where, fault: event.fault, message: 'no' });
      return;
    case 'exit':
      if (sandbox.phase === 'ready')
        world.do({ type: 'sandbox-exit', ...where, message: 'gone', isShared: epoch % 2 === 0 });
      return;
    case 'outcomes':
      if (sandbox.phase === 'ready') world.outcomes(event.slot, event.count, event.bytes);
      return;
    case 'invalid-outcomes': {
      if (sandbox.phase !== 'ready') return;
      const { first, count, done } = event;
      const batch = world.batches.find((b) => b.slot === event.slot)?.batch ?? 0;
      // Outcomes that happen to be the expected ones are valid.
      if (world.batches.some((b) => b.slot === event.slot && b.next === first)) return;
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
    case 'slice-started-or-progress': {
      const sliceNumber = (world.batches.find((b) => b.slot === event.slot)?.next ?? 1) + event.offset;
      return world.do({ type: event.begin ? 'begin' : 'progress', ...where, sliceNumber });
    }
  }
}
