/**
 * Leases: slices that one sandbox of a worker runs, and what a worker has warm when it requests one.
 * @module
 */
import { CHECKPOINT_BYTES_MAX, LEASE_SLICES_MAX, WARM_JOBS_MAX, WARM_WORKTIMES_MAX } from '../limits.js';
import { named, type Check, type MapOf } from '../schema/check.js';
import { array, object, optional } from '../schema/composites.js';
import { bytes, integer } from '../schema/scalars.js';
import { digest, durationMs, id, sliceNumber } from './fields.js';
import { inputPart } from './inputs.js';
import { worktimeName } from './workers.js';

/** The state of a running slice, an encoded value. */
export const checkpointBytes: Check<Uint8Array> = bytes(CHECKPOINT_BYTES_MAX, 1);

const leaseFields = {
  leaseId: id,
  jobId: id,
  packageDigest: digest,
  first: sliceNumber,
  /** Slices `first` to `first + count - 1`, to be run in order in one sandbox. */
  count: integer(1, LEASE_SLICES_MAX),
  /** Of exactly those slices, in order. */
  inputs: array(inputPart, LEASE_SLICES_MAX),
  /** What an earlier attempt at one of these slices stored; absent where none did. */
  checkpoint: optional(object({ sliceNumber, state: checkpointBytes })),
  /** Milliseconds without a report or renewal after which it expires. */
  leaseMs: durationMs,
  /** Milliseconds that one slice of this job takes, as measured so far; absent where nothing was measured. */
  estimatedSliceMs: optional(durationMs),
};
/** Slices `first` to `first + count - 1`, for one sandbox to run in order. */
export interface Lease extends MapOf<typeof leaseFields> {}
export const lease: Check<Lease> = named('lease', object(leaseFields));

export const warmStateFields = {
  /** The job that the requesting sandbox has loaded. */
  loadedJob: optional(id),
  /** Jobs for which the worker keeps a loaded sandbox that is idle. */
  warmJobs: optional(array(id, WARM_JOBS_MAX)),
  /** Worktimes for which the worker keeps a started runtime without a job. */
  warmWorktimes: optional(array(worktimeName, WARM_WORKTIMES_MAX)),
};
/** What the worker can start at once, or soon, when a lease request is granted. */
export interface WarmState extends MapOf<typeof warmStateFields> {}
