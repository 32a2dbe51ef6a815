/**
 * Keeps a slot busy: opens its sandbox, dispatches batches of short duration to it, and requests the next lease before
 * the current one ends.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import { LEASE_SLICES_MAX } from '../../protocol/limits.js';
import type { JobId } from '../../protocol/messages/messages.js';
import { isThrottled } from './throttle.js';
import type { Effect } from './events.js';
import type { Batch, CoreState, LeaseState, Profile, Slot } from './state.js';

/** Factor by which earlier measurements are scaled down at each new one (exponential moving average). */
const DECAY = 0.8;
/** Maximum number of job profiles kept. */
const PROFILES_MAX = 256;
/** Shortest slice duration used in calculations, milliseconds: clocks do not resolve less. */
const SLICE_MS_MIN = 0.000_1;

/** Performs every action that is due for the slot: open its sandbox, dispatch batches, request a lease. */
export function advanceSlot(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  if (slot.closedMs !== undefined) return;
  if (state.mode === 'running') openSandbox(state, slot, nowMs, effects);
  dispatchBatches(state, slot, nowMs, effects);
  requestQuiesce(slot, effects);
  reportIdle(slot, effects);
  updateLeaseRequest(state, slot, nowMs, effects);
}

/** Requests once that the sandbox quiesces. Its slot may still hold slices: it may wait for acknowledgements or be throttled. */
function requestQuiesce(slot: Slot, effects: Effect[]): void {
  const { sandbox } = slot;
  if (sandbox.phase !== 'ready' || slot.dispatched.length > 0) {
    slot.quiescedEpoch = undefined;
  } else if (slot.quiescedEpoch !== sandbox.epoch) {
    slot.quiescedEpoch = sandbox.epoch;
    effects.push({ type: 'quiesce-sandbox', slot: slot.slot, epoch: sandbox.epoch });
  }
}

/** Reports once that the sandbox has no work and its slot holds no lease. */
function reportIdle(slot: Slot, effects: Effect[]): void {
  const { sandbox } = slot;
  if (sandbox.phase !== 'ready' || slot.leases.length > 0 || slot.dispatched.length > 0) {
    slot.idleEpoch = undefined;
  } else if (slot.idleEpoch !== sandbox.epoch) {
    slot.idleEpoch = sandbox.epoch;
    effects.push({ type: 'sandbox-idle', slot: slot.slot, epoch: sandbox.epoch });
  }
}

/** Opens a sandbox for the slot's first lease; a sandbox of another job is replaced once it has no slices left to run. */
function openSandbox(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  const lease = slot.leases[0];
  if (lease === undefined || slot.dispatched.length > 0) return;
  if (slot.sandbox.phase !== 'none') {
    if (slot.sandbox.jobId === lease.jobId) return;
    const isIdle = slot.sandbox.phase === 'ready';
    effects.push({ type: 'kill-sandbox', slot: slot.slot, epoch: slot.sandbox.epoch, isIdle });
    slot.singleSlicesLeft = 0;
  }
  const epoch = ++state.lastEpoch;
  const { leaseId, jobId, packageDigest } = lease;
  slot.sandbox = { phase: 'opening', epoch, jobId, leaseId };
  slot.openedMs = nowMs;
  effects.push({ type: 'open-sandbox', slot: slot.slot, epoch, leaseId, jobId, packageDigest });
}

function dispatchBatches(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  if (slot.sandbox.phase !== 'ready' || state.mode !== 'running') return;
  for (const lease of slot.leases) {
    if (lease.jobId !== slot.sandbox.jobId) return;
    while (
      lease.dispatchedTo < dispatchEnd(lease) &&
      !isThrottled(state, slot, nowMs) &&
      canDispatch(state, slot, lease)
    ) {
      const count = batchSize(state, slot, lease);
      const first = lease.dispatchedTo;
      const end = first + count;
      const awaitingInput = nextNeedingFetch(lease) === end - 1;
      const batch: Batch = {
        batch: ++state.lastBatch,
        lease,
        next: first,
        end,
        lastStarted: 0,
        dispatchedMs: nowMs,
        awaitingInput,
      };
      if (slot.dispatched.length === 0)
        slot.sliceStartMs = slot.lastActivityMs = slot.accountedUntilMs = nowMs;
      slot.dispatched.push(batch);
      lease.dispatchedTo = batch.end;
      const { epoch } = slot.sandbox;
      const reportEach = slot.singleSlicesLeft > 0;
      effects.push({
        type: 'dispatch',
        slot: slot.slot,
        epoch,
        batch: batch.batch,
        leaseId: lease.leaseId,
        first,
        count,
        reportEach,
      });
    }
    if (lease.dispatchedTo < lease.end) return;
  }
}

/** Whether the sandbox runs one slice only. */
export function isSingleUse({ sandbox }: Slot): boolean {
  return sandbox.phase === 'ready' && sandbox.singleUse === true;
}

function dispatchEnd(lease: LeaseState): number {
  return lease.inputFailed === undefined ? lease.end : Math.min(lease.end, lease.inputFailed.sliceNumber);
}

/** Whether to dispatch one more batch: keep a short queue in the sandbox, and nothing whose report would exceed the limits. */
function canDispatch(state: CoreState, slot: Slot, lease: LeaseState): boolean {
  const { tuning } = state;
  if (slot.dispatched.length === 0) {
    return slot.unackedBytes < tuning.unackedBytesMax && slot.unackedReports < tuning.unackedReportsMax;
  }
  if (slot.singleSlicesLeft > 0 || isSingleUse(slot) || slot.dispatched.length >= tuning.queueBatchesMax)
    return false;
  if (slot.unackedBytes >= tuning.unackedBytesMax || slot.unackedReports >= tuning.unackedReportsMax)
    return false;
  const sliceMs = estimateSliceMs(state, lease);
  if (sliceMs === undefined || sliceMs >= tuning.longSliceMs) return false;
  if (slot.dispatched.length < 2) return true;
  let queued = 0;
  for (let i = 1; i < slot.dispatched.length; i++)
    queued += slot.dispatched[i]!.end - slot.dispatched[i]!.next;
  return queued * sliceMs < tuning.queueMs;
}

function batchSize(state: CoreState, slot: Slot, lease: LeaseState): number {
  const left = dispatchEnd(lease) - lease.dispatchedTo;
  const sliceMs = estimateSliceMs(state, lease);
  if (slot.singleSlicesLeft > 0 || isSingleUse(slot) || sliceMs === undefined) return 1;
  const { batchMs, batchMsMin, batchShare, batchBytes } = state.tuning;
  const profile = state.profiles.get(lease.jobId);
  const sliceBytes = profile === undefined ? 0 : profile.bytes / profile.count;
  const share = Math.max(undispatched(slot, lease.jobId) * batchShare, batchMsMin / sliceMs);
  const target = Math.min(batchMs / sliceMs, share, batchBytes / sliceBytes, left, LEASE_SLICES_MAX);
  const count = Math.max(1, Math.floor(target));
  const needsFetch = nextNeedingFetch(lease);
  return needsFetch === undefined ? count : Math.min(count, needsFetch - lease.dispatchedTo + 1);
}

/** The next slice, not yet dispatched, whose input must be fetched. Binary search, since there may be many. */
function nextNeedingFetch({ needsFetch, dispatchedTo }: LeaseState): number | undefined {
  let low = 0;
  let high = needsFetch.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (needsFetch[middle]! < dispatchedTo) low = middle + 1;
    else high = middle;
  }
  return needsFetch[low];
}

/** Number of slices of the job that the slot holds and has not dispatched. */
function undispatched(slot: Slot, jobId: JobId): number {
  let count = 0;
  for (const lease of slot.leases)
    if (lease.jobId === jobId) count += dispatchEnd(lease) - lease.dispatchedTo;
  return count;
}

/** Estimated duration of one slice, milliseconds: measured here, else the scheduler's estimate. */
export function estimateSliceMs(state: CoreState, lease: LeaseState): number | undefined {
  const profile = state.profiles.get(lease.jobId);
  const sliceMs = profile === undefined ? lease.estimatedSliceMs : profile.ms / profile.count;
  return sliceMs === undefined ? undefined : Math.max(sliceMs, SLICE_MS_MIN);
}

/** Updates the job's profile with `count` outcomes that took `ms` milliseconds in total. */
export function updateProfile(
  state: CoreState,
  lease: LeaseState,
  ms: number,
  count: number,
  bytes: number,
): void {
  let profile: Profile | undefined = state.profiles.get(lease.jobId);
  if (profile === undefined) {
    profile = { ms: 0, bytes: 0, count: 0 };
    setNewest(state.profiles, lease.jobId, profile, PROFILES_MAX);
  }
  profile.ms = profile.ms * DECAY + ms;
  profile.bytes = profile.bytes * DECAY + bytes;
  profile.count = profile.count * DECAY + count;
}

/** Creates or updates the slot's lease request: none, one ahead of time, or one of an idle slot. */
function updateLeaseRequest(state: CoreState, slot: Slot, nowMs: number, effects: Effect[]): void {
  if (state.mode !== 'running') return;
  if (slot.backoffUntilMs > nowMs) return;
  slot.backoffUntilMs = 0;
  const idle = slot.leases.length === 0;
  if (slot.request === undefined) {
    if (!idle && !runsOutSoon(state, slot, nowMs)) return;
    slot.request = { request: ++state.lastRequest, idle, warm: warmJobOf(slot, idle) };
    sendLeaseRequest(state, slot, effects);
  } else if (slot.request.idle !== idle || slot.request.warm !== warmJobOf(slot, idle)) {
    slot.request.idle = idle;
    slot.request.warm = warmJobOf(slot, idle);
    sendLeaseRequest(state, slot, effects);
  }
}

/** Sends the lease request to the scheduler, if connected. */
export function sendLeaseRequest(state: CoreState, slot: Slot, effects: Effect[]): void {
  if (slot.request === undefined || !state.online) return;
  effects.push({
    type: 'request-lease',
    request: slot.request.request,
    warm: slot.request.warm,
    idle: slot.request.idle,
  });
}

/** The job that the slot's sandbox could run next. For an idle slot it must be loaded: others release slices for such requests. */
function warmJobOf({ sandbox }: Slot, idle: boolean): string | undefined {
  return idle && sandbox.phase !== 'ready' ? undefined : sandbox.jobId;
}

/** Whether the slot's remaining work lasts less than the time that it takes to get another lease. */
function runsOutSoon(state: CoreState, slot: Slot, nowMs: number): boolean {
  const lease = slot.leases[0]!;
  if (slot.leases.length > 1 || slot.singleSlicesLeft > 0) return false;
  const sliceMs = estimateSliceMs(state, lease);
  if (sliceMs === undefined) return false;
  const elapsed = slot.dispatched.length === 0 ? 0 : nowMs - slot.sliceStartMs;
  return (lease.end - lease.next) * sliceMs - Math.min(elapsed, sliceMs) < state.tuning.prefetchMs;
}
