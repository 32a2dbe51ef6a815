/**
 * Whose tail an idle sandbox gets: the lease with the most work left that it may serve.
 * @module
 */
import type { Candidate } from './choose-job.js';

export interface Recallable {
  readonly job: Candidate;
  readonly next: number;
  readonly last: number;
  readonly sliceMs: number;
  /** Whether any of its slices has an outcome; one without may lie behind another lease of the same sandbox. */
  readonly isBegun: boolean;
  /** Monotonic time of its last progress, or of its grant. */
  readonly progressedMs: number;
  /** Monotonic time of the last recall, and how many there were since it made progress. */
  readonly recalledMs: number;
  readonly recalls: number;
}

/** A lease that was asked is not asked again for so long, twice as long each time: it may have nothing to give. */
const AGAIN_AFTER_MS = 25;
const AGAIN_DOUBLINGS_MAX = 6;
/** A lease is silent for so long at its beginning and between two reports, milliseconds. */
const QUIET_MS = 1_000;
/** Less work than this is not worth a message. */
const WORTH_MS = 5;

/** The lease to recall for a worker that may run such jobs, or undefined. `nowMs` is monotonic. */
export function chooseRecall<L extends Recallable>(
  leases: Iterable<L>,
  mayRun: (job: Candidate) => boolean,
  nowMs: number,
): L | undefined {
  let best: L | undefined;
  let bestMs = WORTH_MS;
  for (const lease of leases) {
    const left = lease.last - lease.next + (lease.isBegun ? 0 : 1);
    if (left === 0) continue;
    // What shows no progress lasts at least as long again, whatever its slices are said to take.
    const leftMs = Math.max(left * lease.sliceMs, nowMs - lease.progressedMs - QUIET_MS);
    if (leftMs <= bestMs || nowMs < askAgainMs(lease)) continue;
    if (!mayRun(lease.job)) continue;
    best = lease;
    bestMs = leftMs;
  }
  return best;
}

function askAgainMs({ recalledMs, recalls }: Recallable): number {
  return recalls === 0
    ? -Infinity
    : recalledMs + AGAIN_AFTER_MS * 2 ** Math.min(recalls, AGAIN_DOUBLINGS_MAX);
}
