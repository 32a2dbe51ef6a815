/**
 * Chooses the lease whose unstarted slices an idle sandbox gets: the one with the most work left that its worker may run.
 * @module
 */
import type { Candidate } from './choose-job.js';

export interface RecallableLease {
  readonly job: Candidate;
  readonly next: number;
  readonly last: number;
  readonly sliceMs: number;
  /** Whether any of its slices has an outcome; without one it may still be queued behind another lease of its sandbox. */
  readonly hasProgress: boolean;
  /** Monotonic milliseconds of its last progress, or of its grant. */
  readonly progressedMs: number;
  /** Monotonic milliseconds of the last recall, and the number of recalls since its last progress. */
  readonly recalledMs: number;
  readonly recalls: number;
}

/** Back-off between two recalls of one lease, milliseconds; it doubles each time, because the holder may have nothing to release. */
const RECALL_BACKOFF_MS = 25;
const BACKOFF_DOUBLINGS_MAX = 6;
/** A lease usually has no report for so long at its start and between two reports, milliseconds. */
const REPORT_INTERVAL_MS = 1_000;
/** Less work than this, milliseconds, does not justify a recall. */
const RECALL_WORK_MS_MIN = 5;

/** The lease to recall for a worker that may run such jobs, or undefined. `nowMs` is monotonic. */
export function chooseRecall<L extends RecallableLease>(
  leases: Iterable<L>,
  mayRun: (job: Candidate) => boolean,
  nowMs: number,
): L | undefined {
  let best: L | undefined;
  let bestMs = RECALL_WORK_MS_MIN;
  for (const lease of leases) {
    const left = lease.last - lease.next + (lease.hasProgress ? 0 : 1);
    if (left === 0) continue;
    // A lease without progress is expected to last at least as long again, whatever the estimate says.
    const leftMs = Math.max(left * lease.sliceMs, nowMs - lease.progressedMs - REPORT_INTERVAL_MS);
    if (leftMs <= bestMs || nowMs < nextRecallMs(lease)) continue;
    if (!mayRun(lease.job)) continue;
    best = lease;
    bestMs = leftMs;
  }
  return best;
}

function nextRecallMs({ recalledMs, recalls }: RecallableLease): number {
  return recalls === 0
    ? -Infinity
    : recalledMs + RECALL_BACKOFF_MS * 2 ** Math.min(recalls, BACKOFF_DOUBLINGS_MAX);
}
