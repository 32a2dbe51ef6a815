/**
 * Sizes and times that control the worker's core.
 * @module
 */

/** Interval of `tick` events while `WorkerCore.needsTick` is true, milliseconds. */
export const TICK_MS = 100;

/** Sizes and times that control dispatching. The defaults were measured; tests override them. */
export interface Tuning {
  /** Target duration of one batch, milliseconds. */
  batchMs: number;
  /** Minimum duration of a batch when it is kept small to leave undispatched slices for recalls, milliseconds. */
  batchMsMin: number;
  /** Maximum part of a slot's undispatched slices in one batch, so that slices remain which can be recalled. */
  batchShare: number;
  /** Target maximum of outcome bytes of one batch. */
  batchBytes: number;
  /** Target duration of the work queued in a sandbox behind the running batch, milliseconds. */
  queueMs: number;
  /** Maximum number of batches in one sandbox. */
  queueBatchesMax: number;
  /** Slices at least this long are dispatched one at a time, since those queued could run elsewhere. Milliseconds. */
  longSliceMs: number;
  /** The next lease is requested when the current one lasts less than this, milliseconds. */
  prefetchMs: number;
  /** Unacknowledged outcome bytes of one slot at which dispatching stops. */
  unackedBytesMax: number;
  /** Unacknowledged reports of one slot at which dispatching stops. */
  unackedReportsMax: number;
  /** Number of slices that run in single-slice mode after a crash before batches are used again. */
  singleSliceModeLength: number;
  /** A recall reclaims slices queued in a sandbox, by killing it, if they would take longer than this. Milliseconds. */
  overcommittedMs: number;
  /** First back-off of a slot whose set-up failed, milliseconds; doubles with each further failure. */
  backoffMs: number;
  /** Maximum back-off of a slot, milliseconds. */
  backoffMsMax: number;
  /** Consecutive set-up failures caused by jobs that a slot may have without back-off. */
  assignFailuresAllowed: number;
}

export const TUNING: Readonly<Tuning> = Object.freeze({
  batchMs: 200,
  batchMsMin: 10,
  batchShare: 1 / 4,
  batchBytes: 512 * 1024,
  queueMs: 20,
  queueBatchesMax: 4,
  longSliceMs: 200,
  prefetchMs: 500,
  unackedBytesMax: 4 * 1024 * 1024,
  unackedReportsMax: 48,
  singleSliceModeLength: 64,
  overcommittedMs: 1_000,
  backoffMs: 250,
  backoffMsMax: 60_000,
  assignFailuresAllowed: 16,
});
