/**
 * Whose tail an idle sandbox gets: the lease with the most work left that it may serve.
 * @module
 */
import type { WorkerDescription } from '../../protocol/messages.js';
import { eligibility, type Candidate } from './choose-job.js';

export interface Recallable {
  readonly job: Candidate;
  readonly next: number;
  readonly last: number;
  readonly sliceMs: number;
  /** Whether any of its slices has an outcome; one without may lie behind another lease of the same sandbox. */
  readonly isBegun: boolean;
  /** Monotonic time of the last recall, and how many there were since it made progress. */
  readonly recalledMs: number;
  readonly recalls: number;
}

/** A lease that was asked is not asked again for so long, twice as long each time: it may have nothing to give. */
const AGAIN_AFTER_MS = 25;
const AGAIN_DOUBLINGS_MAX = 6;
/** Less work than this is not worth a message. */
const WORTH_MS = 5;

/** The lease to recall for that worker, or undefined. `nowMs` is monotonic. */
export function chooseRecall<L extends Recallable>(
  leases: Iterable<L>,
  worker: WorkerDescription,
  nowMs: number,
): L | undefined {
  let best: L | undefined;
  let bestMs = WORTH_MS;
  const isFor = eligibility(worker);
  for (const lease of leases) {
    const leftMs = (lease.last - lease.next + (lease.isBegun ? 0 : 1)) * lease.sliceMs;
    if (leftMs <= bestMs || nowMs < askAgainMs(lease)) continue;
    if (!isFor(lease.job)) continue;
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
