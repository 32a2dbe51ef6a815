/**
 * How many slices a lease takes: about `LEASE_TARGET_MS` of work, one at a job's start, small at its tail.
 * @module
 */
import { LEASE_SLICES_MAX, LEASE_TARGET_MS } from '../../protocol/limits.js';

export interface CarveQuestion {
  /** What one slice is thought to take on this worker, milliseconds; undefined where nothing is known. */
  readonly sliceMs: number | undefined;
  /** Slices of the job that this worker has reported. */
  readonly reported: number;
  /** Slices of the job that nobody has. */
  readonly pending: number;
  /** Leases of the job at work now. */
  readonly leases: number;
  /** Slices of the pending range that comes next. */
  readonly rangeSlices: number;
  /** Whether its slices are leased one by one: an execution was lost, or showed no progress. */
  readonly isAlone: boolean;
  /** Slices that the job can still pay for; Infinity where they are free. */
  readonly funded: number;
}

/** A lease never covers more than so many times what its worker has reported: a first guess may be far off. */
const GROWTH_MAX = 4;
/**
 * A lease costs a few commits: at the tail it is not cut below this much work, milliseconds. It can be recalled in part.
 */
const TAIL_MS_MIN = 50;
/** At the tail a lease takes this part of a fair share, so that the last ones end together. */
const TAIL_SHARE = 1 / 2;

/** Slices for the next lease, at least 1; 0 only where nothing is funded. */
export function carveCount(question: CarveQuestion): number {
  const { sliceMs, reported, pending, leases, rangeSlices, isAlone, funded } = question;
  if (funded < 1) return 0;
  // A slice that may have killed a sandbox is leased alone, so that it takes no others with it.
  if (isAlone) return 1;
  if (sliceMs === undefined) return 1;
  const msEach = Math.max(sliceMs, 1e-6);
  const byTime = LEASE_TARGET_MS / msEach;
  const byTail = Math.max((TAIL_SHARE * pending) / (leases + 1), TAIL_MS_MIN / msEach);
  const byEvidence = Math.max(1, reported) * GROWTH_MAX;
  const count = Math.ceil(Math.min(byTime, byTail, byEvidence));
  return Math.max(1, Math.min(count, rangeSlices, funded, LEASE_SLICES_MAX));
}
