/**
 * Keeps a slot busy: opens its sandbox, feeds it batches of a length that is short in time, and asks for the next
 * lease before the present one ends.
 * @module
 */
import { LEASE_SLICES_MAX } from '../../protocol/limits.js';
import type { JobId } from '../../protocol/messages/messages.js';
import { rests } from './duty.js';
import type { Effect } from './events.js';
import type { Batch, CoreState, LeaseState, Profile, Slot } from './state.js';

/** Old measurements weigh this much against each new one. */
const FADING = 0.8;
/** Profiles that are kept. */
const PROFILES_MAX = 256;
/** Shortest slice that is reckoned with, milliseconds: a clock cannot tell less. */
const SLICE_MS_MIN = 0.000_1;

/** Does what there is to do for the slot now: sandbox, batches, want. */
export function pump(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  if (slot.closedMs !== undefined) return;
  if (state.mode === 'running') openSandbox(state, slot, nowMs, effects);
  feedSandbox(state, slot, nowMs, effects);
  sayRest(slot, effects);
  sayIdle(slot, effects);
  askForMore(state, slot, nowMs, effects);
}

/** Tells once that the sandbox gets nothing now, though its slot may hold more: it waits for acknowledgements, or its share. */
function sayRest(slot: Slot, effects: Effect[]): void {
  const { sandbox } = slot;
  if (sandbox.phase !== 'ready' || slot.fed.length > 0) {
    slot.restGen = undefined;
  } else if (slot.restGen !== sandbox.gen) {
    slot.restGen = sandbox.gen;
    effects.push({ type: 'sandbox-rest', slot: slot.slot, gen: sandbox.gen });
  }
}

/** Tells once that the sandbox has nothing to do. */
function sayIdle(slot: Slot, effects: Effect[]): void {
  const { sandbox } = slot;
  if (sandbox.phase !== 'ready' || slot.leases.length > 0 || slot.fed.length > 0) {
    slot.idleGen = undefined;
  } else if (slot.idleGen !== sandbox.gen) {
    slot.idleGen = sandbox.gen;
    effects.push({ type: 'sandbox-idle', slot: slot.slot, gen: sandbox.gen });
  }
}

/** Starts a sandbox for the slot's lease; one of another job gives way once it has nothing left to run. */
function openSandbox(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  const lease = slot.leases[0];
  if (lease === undefined || slot.fed.length > 0) return;
  if (slot.sandbox.phase !== 'none') {
    if (slot.sandbox.jobId === lease.jobId) return;
    const isIdle = slot.sandbox.phase === 'ready';
    effects.push({ type: 'kill-sandbox', slot: slot.slot, gen: slot.sandbox.gen, isIdle });
    slot.careful = 0;
  }
  const gen = ++state.lastGen;
  const { leaseId, jobId, packageDigest } = lease;
  slot.sandbox = { phase: 'opening', gen, jobId, leaseId };
  slot.openedMs = nowMs;
  effects.push({ type: 'open-sandbox', slot: slot.slot, gen, leaseId, jobId, packageDigest });
}

function feedSandbox(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  if (slot.sandbox.phase !== 'ready' || state.mode !== 'running') return;
  for (const lease of slot.leases) {
    if (lease.jobId !== slot.sandbox.jobId) return;
    while (lease.fedTo < feedEnd(lease) && !rests(state, slot, nowMs) && mayFeed(state, slot, lease)) {
      const count = batchSize(state, slot, lease);
      const first = lease.fedTo;
      const end = first + count;
      const waiting = nextHeavy(lease) === end - 1;
      const batch: Batch = {
        batch: ++state.lastBatch,
        lease,
        next: first,
        end,
        begun: 0,
        fedMs: nowMs,
        waiting,
      };
      if (slot.fed.length === 0) slot.sliceStartMs = slot.signMs = slot.markMs = nowMs;
      slot.fed.push(batch);
      lease.fedTo = batch.end;
      const { gen } = slot.sandbox;
      const each = slot.careful > 0;
      effects.push({
        type: 'feed',
        slot: slot.slot,
        gen,
        batch: batch.batch,
        leaseId: lease.leaseId,
        first,
        count,
        each,
      });
    }
    if (lease.fedTo < lease.end) return;
  }
}

/** Whether the sandbox is there for one slice. */
export function isFresh({ sandbox }: Slot): boolean {
  return sandbox.phase === 'ready' && sandbox.fresh === true;
}

function feedEnd(lease: LeaseState): number {
  return lease.bad === undefined ? lease.end : Math.min(lease.end, lease.bad.sliceNumber);
}

/** Whether the sandbox should have one more batch: a little work ahead of it, and none that we could not report. */
function mayFeed(state: CoreState, slot: Slot, lease: LeaseState): boolean {
  const { tuning } = state;
  if (slot.fed.length === 0) {
    return slot.unackedBytes < tuning.unackedBytesMax && slot.unackedReports < tuning.unackedReportsMax;
  }
  if (slot.careful > 0 || isFresh(slot) || slot.fed.length >= tuning.queueBatchesMax) return false;
  if (slot.unackedBytes >= tuning.unackedBytesMax || slot.unackedReports >= tuning.unackedReportsMax)
    return false;
  const sliceMs = sliceMsOf(state, lease);
  if (sliceMs === undefined || sliceMs >= tuning.longSliceMs) return false;
  if (slot.fed.length < 2) return true;
  let queued = 0;
  for (let i = 1; i < slot.fed.length; i++) queued += slot.fed[i]!.end - slot.fed[i]!.next;
  return queued * sliceMs < tuning.queueMs;
}

function batchSize(state: CoreState, slot: Slot, lease: LeaseState): number {
  const left = feedEnd(lease) - lease.fedTo;
  const sliceMs = sliceMsOf(state, lease);
  if (slot.careful > 0 || isFresh(slot) || sliceMs === undefined) return 1;
  const { batchMs, batchMsMin, batchShare, batchBytes } = state.tuning;
  const profile = state.profiles.get(lease.jobId);
  const sliceBytes = profile === undefined ? 0 : profile.bytes / profile.count;
  const share = Math.max(unfed(slot, lease.jobId) * batchShare, batchMsMin / sliceMs);
  const wished = Math.min(batchMs / sliceMs, share, batchBytes / sliceBytes, left, LEASE_SLICES_MAX);
  const count = Math.max(1, Math.floor(wished));
  const heavy = nextHeavy(lease);
  return heavy === undefined ? count : Math.min(count, heavy - lease.fedTo + 1);
}

/** The next slice whose input has to be fetched and that is not fed; there may be very many. */
function nextHeavy({ heavy, fedTo }: LeaseState): number | undefined {
  let low = 0;
  let high = heavy.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heavy[middle]! < fedTo) low = middle + 1;
    else high = middle;
  }
  return heavy[low];
}

/** Slices of the job that the slot holds and has not given to its sandbox. */
function unfed(slot: Slot, jobId: JobId): number {
  let count = 0;
  for (const lease of slot.leases) if (lease.jobId === jobId) count += feedEnd(lease) - lease.fedTo;
  return count;
}

/** What one slice takes, as this worker saw it or the scheduler told, in milliseconds. */
export function sliceMsOf(state: CoreState, lease: LeaseState): number | undefined {
  const profile = state.profiles.get(lease.jobId);
  const sliceMs = profile === undefined ? lease.sliceMs : profile.ms / profile.count;
  return sliceMs === undefined ? undefined : Math.max(sliceMs, SLICE_MS_MIN);
}

/** Learns from outcomes: `ms` is the time they took in all. */
export function learn(state: CoreState, lease: LeaseState, ms: number, count: number, bytes: number): void {
  let profile: Profile | undefined = state.profiles.get(lease.jobId);
  if (profile === undefined) {
    const oldest = state.profiles.size >= PROFILES_MAX ? state.profiles.keys().next().value : undefined;
    if (oldest !== undefined) state.profiles.delete(oldest);
    profile = { ms: 0, bytes: 0, count: 0 };
    state.profiles.set(lease.jobId, profile);
  }
  profile.ms = profile.ms * FADING + ms;
  profile.bytes = profile.bytes * FADING + bytes;
  profile.count = profile.count * FADING + count;
}

/** Keeps the slot's want as it should be: none, one ahead of time, or one that waits idle. */
function askForMore(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  if (state.mode !== 'running') return;
  if (slot.restUntilMs > nowMs) return;
  slot.restUntilMs = 0;
  const idle = slot.leases.length === 0;
  if (slot.want === undefined) {
    if (!idle && !endsSoon(state, slot, nowMs)) return;
    slot.want = { want: ++state.lastWant, idle, warm: warmFor(slot, idle) };
    sayWant(state, slot, effects);
  } else if (slot.want.idle !== idle || slot.want.warm !== warmFor(slot, idle)) {
    slot.want.idle = idle;
    slot.want.warm = warmFor(slot, idle);
    sayWant(state, slot, effects);
  }
}

/** Tells the scheduler, where it can hear. */
export function sayWant(state: CoreState, slot: Slot, effects: Effect[]): void {
  if (slot.want === undefined || !state.online) return;
  effects.push({ type: 'want', want: slot.want.want, warm: slot.want.warm, idle: slot.want.idle });
}

/** The job that the slot's sandbox could run next. An idle one must have loaded it: others give up slices for that. */
function warmFor({ sandbox }: Slot, idle: boolean): string | undefined {
  if (sandbox.phase === 'none' || (idle && sandbox.phase !== 'ready')) return undefined;
  return sandbox.jobId;
}

/** Whether what the slot holds lasts less than the time it takes to get more. */
function endsSoon(state: CoreState, slot: Slot, nowMs: number): boolean {
  const lease = slot.leases[0]!;
  if (slot.leases.length > 1 || slot.careful > 0) return false;
  const sliceMs = sliceMsOf(state, lease);
  if (sliceMs === undefined) return false;
  const elapsed = slot.fed.length === 0 ? 0 : nowMs - slot.sliceStartMs;
  return (lease.end - lease.next) * sliceMs - Math.min(elapsed, sliceMs) < state.tuning.prefetchMs;
}
