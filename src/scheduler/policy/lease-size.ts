/**
 * The number of slices in a lease: about `LEASE_TARGET_MS` of work, one slice at a job's start, few at its end.
 * @module
 */
import { LEASE_SLICES_MAX, LEASE_TARGET_MS } from '../../protocol/limits.js';

export interface LeaseSizeInput {
  /** Estimated duration of one slice on this worker, milliseconds; undefined without any report. */
  readonly sliceMs: number | undefined;
  /** Slices of the job that this worker has reported. */
  readonly reported: number;
  /** Pending slices of the job. */
  readonly pending: number;
  /** Active leases of the job. */
  readonly leases: number;
  /** Slices in the pending range that the lease is taken from. */
  readonly rangeSlices: number;
  /** Whether its slices are leased one by one, because an attempt was lost or made no progress. */
  readonly isAlone: boolean;
  /** Slices that the job can still pay for; Infinity when they cost nothing. */
  readonly funded: number;
}

/** A lease has at most this many times the slices that its worker has reported, because a first estimate may be wrong. */
const GROWTH_MAX = 4;
/**
 * A lease costs a few commits, so at a job's end it still has at least this much work, milliseconds; a part can be recalled.
 */
const TAIL_MS_MIN = 50;
/** At a job's end a lease has this part of an equal share, so that the last leases end at about the same time. */
const TAIL_SHARE = 1 / 2;

/** Slices for the next lease: at least 1, or 0 when the job can pay for none. */
export function leaseSize(input: LeaseSizeInput): number {
  const { sliceMs, reported, pending, leases, rangeSlices, isAlone, funded } = input;
  if (funded < 1) return 0;
  // A slice that may have crashed a sandbox is leased alone, so that no other slice is lost with it.
  if (isAlone) return 1;
  if (sliceMs === undefined) return 1;
  const msEach = Math.max(sliceMs, 1e-6);
  const byTime = LEASE_TARGET_MS / msEach;
  const byTail = Math.max((TAIL_SHARE * pending) / (leases + 1), TAIL_MS_MIN / msEach);
  const byEvidence = Math.max(1, reported) * GROWTH_MAX;
  const count = Math.ceil(Math.min(byTime, byTail, byEvidence));
  return Math.max(1, Math.min(count, rangeSlices, funded, LEASE_SLICES_MAX));
}
