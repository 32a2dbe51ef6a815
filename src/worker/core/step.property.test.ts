/**
 * The core against a world that does anything in any order: whatever comes, what it does stays within its promises.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CoreEvent, Effect } from './events.js';
import { needsTick, newCoreState } from './state.js';
import type { CoreState } from './state.js';
import { step } from './step.js';

const SLOTS = 2;
const TUNING = { unackedBytesMax: 1_000, unackedReportsMax: 5, carefulSlices: 3, assignFailuresFree: 1, overfedMs: 20 };
/** One report's bytes at most. */
const BYTES_MAX = 400;

/** What the world knows of a lease, by the core's effects alone. */
interface SeenLease {
  end: number;
  /** The next slice that may be reported. */
  next: number;
  /** The next slice that may be fed to the live sandbox. */
  fedTo: number;
  over: boolean;
  gone: boolean;
}

interface SeenBatch {
  slot: number;
  gen: number;
  batch: number;
  leaseId: string;
  next: number;
  end: number;
}

class World {
  readonly state: CoreState = newCoreState(SLOTS, TUNING);
  nowMs = 0;
  leases = new Map<string, SeenLease>();
  wants = new Set<number>();
  sandboxes = new Map<number, { gen: number; phase: 'opening' | 'ready' }>();
  batches: SeenBatch[] = [];
  reports = new Map<number, { leaseId: string; slot: number; bytes: number }>();
  reported = new Map<string, number>();
  drained = 0;
  stopping = false;
  #leases = 0;

  do(event: CoreEvent): void {
    for (const effect of step(this.state, event, this.nowMs)) this.see(effect);
    this.check();
  }

  grant(want: number, count: number, jobId: string, sliceMs: number | undefined): void {
    const leaseId = `L${++this.#leases}`;
    const first = this.#leases * 1_000;
    this.leases.set(leaseId, { end: first + count, next: first, fedTo: first, over: false, gone: false });
    this.wants.delete(want);
    const lease = {
      leaseId,
      jobId,
      packageDigest: 'd',
      first,
      count,
      leaseMs: 60_000,
      sliceMs,
      heavy: [first + 2],
    };
    this.do({ type: 'grant', want, lease });
  }

  see(effect: Effect): void {
    switch (effect.type) {
      case 'want':
        expect(this.stopping).toBe(false);
        this.wants.add(effect.want);
        return;
      case 'unwant':
        this.wants.delete(effect.want);
        return;
      case 'open-sandbox':
        expect(this.sandboxes.has(effect.slot)).toBe(false);
        this.sandboxes.set(effect.slot, { gen: effect.gen, phase: 'opening' });
        return;
      case 'kill-sandbox':
        expect(this.sandboxes.get(effect.slot)?.gen).toBe(effect.gen);
        this.sandboxes.delete(effect.slot);
        for (const batch of this.batches.filter((b) => b.slot === effect.slot)) {
          const lease = this.leases.get(batch.leaseId)!;
          lease.fedTo = Math.min(lease.fedTo, batch.next);
        }
        this.batches = this.batches.filter((b) => b.slot !== effect.slot);
        return;
      case 'feed':
        return this.seeFeed(effect);
      case 'report':
        return this.seeReport(effect);
      case 'return': {
        const lease = this.leases.get(effect.leaseId)!;
        expect(lease.over || lease.gone).toBe(false);
        // Never a slice that is in a sandbox, never one that was reported and taken.
        expect(this.batches.some((b) => b.leaseId === effect.leaseId && b.end > effect.from)).toBe(false);
        expect(effect.from).toBeLessThan(lease.end);
        lease.end = effect.from;
        return;
      }
      case 'renew':
        for (const leaseId of effect.leaseIds) expect(this.leases.get(leaseId)!.over).toBe(false);
        return;
      case 'lease-over':
        expect(this.leases.get(effect.leaseId)!.over).toBe(false);
        this.leases.get(effect.leaseId)!.over = true;
        return;
      case 'drained':
        this.drained++;
        return;
      default:
        return;
    }
  }

  seeFeed({ slot, gen, batch, leaseId, first, count }: Extract<Effect, { type: 'feed' }>): void {
    const lease = this.leases.get(leaseId)!;
    expect(this.sandboxes.get(slot)).toEqual({ gen, phase: 'ready' });
    expect(lease.gone || lease.over).toBe(false);
    expect(this.stopping).toBe(false);
    expect(first).toBe(lease.fedTo);
    expect(count).toBeGreaterThan(0);
    expect(first + count).toBeLessThanOrEqual(lease.end);
    lease.fedTo = first + count;
    this.batches.push({ slot, gen, batch, leaseId, next: first, end: first + count });
    const open = [...this.reports.values()].filter((r) => r.slot === slot);
    expect(open.reduce((sum, r) => sum + r.bytes, 0)).toBeLessThan(TUNING.unackedBytesMax);
    expect(open.length).toBeLessThan(TUNING.unackedReportsMax);
  }

  seeReport({ report, leaseId, first, count, segment, lost }: Extract<Effect, { type: 'report' }>): void {
    const lease = this.leases.get(leaseId)!;
    expect(lease.gone || lease.over).toBe(false);
    expect(first).toBe(lease.next);
    lease.next = first + count + (lost === undefined ? 0 : 1);
    lease.fedTo = Math.max(lease.fedTo, lease.next);
    expect(lease.next).toBeLessThanOrEqual(lease.end);
    expect(count > 0).toBe(segment !== undefined);
    const slot = this.state.leases.get(leaseId)?.slot ?? 0;
    this.reports.set(report, { leaseId, slot, bytes: segment?.byteLength ?? 0 });
  }

  /** Nothing that the core keeps disagrees with what it said. */
  check(): void {
    for (const slot of this.state.slots) {
      const open = [...this.state.reports.values()].filter((r) => r.lease.slot === slot.slot);
      expect(slot.unackedReports).toBe(open.length);
      expect(slot.unackedBytes).toBe(open.reduce((sum, r) => sum + r.bytes, 0));
      expect(slot.leases.length).toBeLessThanOrEqual(2);
      for (const lease of slot.leases) {
        expect(lease.next).toBeLessThan(lease.end);
        expect(lease.fedTo).toBeGreaterThanOrEqual(lease.next);
        expect(this.state.leases.get(lease.leaseId)).toBe(lease);
      }
    }
    if (!this.stopping && this.state.leases.size > 0) expect(needsTick(this.state)).toBe(true);
  }

  /** Lets the sandbox of that slot finish `count` slices. */
  outcomes(slot: number, count: number, bytes: number): void {
    const batch = this.batches.find((b) => b.slot === slot);
    if (batch === undefined) return;
    const first = batch.next;
    const some = Math.min(count, batch.end - first);
    batch.next += some;
    const done = batch.next === batch.end;
    if (done) this.batches.splice(this.batches.indexOf(batch), 1);
    const { gen } = batch;
    const segment = new Uint8Array(bytes);
    this.do({
      type: 'outcomes',
      slot,
      gen,
      batch: batch.batch,
      first,
      count: some,
      computeMs: some,
      done,
      segment,
    });
  }
}

type Act =
  | { act: 'time'; ms: number }
  | { act: 'online' | 'offline' | 'tick' | 'drain' | 'halt' }
  | { act: 'grant'; pick: number; count: number; jobId: string; sliceMs: number | undefined }
  | { act: 'stray-grant'; count: number }
  | { act: 'recall' | 'lost'; pick: number }
  | { act: 'ready' | 'exit'; slot: number }
  | { act: 'fail'; slot: number; fault: 'job' | 'worker' }
  | { act: 'input-failed'; pick: number; fault: 'job' | 'worker' }
  | { act: 'outcomes'; slot: number; count: number; bytes: number }
  | { act: 'cheat'; slot: number; first: number; count: number; done: boolean }
  | { act: 'sign'; slot: number; begin: boolean; offset: number }
  | { act: 'answer'; pick: number; how: 'ok' | 'lost' | 'failed' };

const slot = fc.nat(SLOTS - 1);
const pick = fc.nat(100);
const fault = fc.constantFrom('job' as const, 'worker' as const);
const acts: fc.Arbitrary<Act> = fc.oneof(
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
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('recall' as const, 'lost' as const), pick }) },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('ready' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('exit' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('fail' as const), slot, fault }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('input-failed' as const), pick, fault }) },
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
        'lost' as const,
        'failed' as const,
      ),
    }),
  },
);

function at<T>(items: T[], index: number): T | undefined {
  return items.length === 0 ? undefined : items[index % items.length];
}

function play(world: World, act: Act): void {
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
      const want = at([...world.wants], act.pick);
      if (want !== undefined) world.grant(want, act.count, act.jobId, act.sliceMs);
      return;
    }
    case 'stray-grant':
      return world.grant(9_999, act.count, 'a', undefined);
    case 'recall':
    case 'lost': {
      const held = at([...world.state.leases.keys()], act.pick);
      if (held === undefined) return;
      world.do({ type: act.act, leaseId: held });
      if (act.act === 'lost') world.leases.get(held)!.gone = true;
      return;
    }
    case 'answer': {
      const report = at([...world.reports.keys()], act.pick);
      if (report === undefined) return;
      world.reports.delete(report);
      return world.do(
        act.how === 'ok'
          ? { type: 'reported', report }
          : { type: 'report-failed', report, lost: act.how === 'lost' },
      );
    }
    case 'input-failed': {
      const batch = at(world.batches, act.pick);
      if (batch === undefined) return;
      const { gen, batch: number } = batch;
      return world.do({
        type: 'input-failed',
        slot: batch.slot,
        gen,
        batch: number,
        fault: act.fault,
        message: 'no',
      });
    }
    default:
      return playSandbox(world, act);
  }
}

function playSandbox(world: World, act: Extract<Act, { slot: number }>): void {
  const sandbox = world.sandboxes.get(act.slot);
  if (sandbox === undefined) return;
  const { gen } = sandbox;
  const where = { slot: act.slot, gen };
  switch (act.act) {
    case 'ready':
      if (sandbox.phase === 'ready') return;
      sandbox.phase = 'ready';
      return world.do({ type: 'sandbox-ready', ...where, limits: { sliceMs: 5_000, noProgressMs: 2_000 } });
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
