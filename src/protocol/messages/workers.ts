/**
 * How a worker describes itself, and the compute groups that deployers and workers name.
 * @module
 */
import {
  GROUPS_MAX,
  ORIGIN_LENGTH_MAX,
  SANDBOXES_PER_WORKER_MAX,
  WORKER_FILTER_MAX,
  WORKER_ORIGINS_MAX,
  WORKTIMES_MAX,
} from '../limits.js';
import { named, type Check, type MapOf } from '../schema/check.js';
import { array, object, optional } from '../schema/composites.js';
import { integer, oneOf, text, units } from '../schema/scalars.js';
import { address, id, name, signature } from './fields.js';

const worktimeNameFields = {
  name,
  /** Exact semver. */
  version: name,
};
/** A worktime of one version. */
export interface WorktimeName extends MapOf<typeof worktimeNameFields> {}
export const worktimeName: Check<WorktimeName> = object(worktimeNameFields);
export const worktimeNames: Check<WorktimeName[]> = array(worktimeName, WORKTIMES_MAX);

const groupKeyFields = {
  key: name,
  /**
   * Address of the key pair that is derived from the group's secret; absent for a group without one, such as `public`.
   * It has no effect until it is proved over the connection (`group.prove`).
   */
  address: optional(address),
};
export interface GroupKey extends MapOf<typeof groupKeyFields> {}
const groupKey: Check<GroupKey> = object(groupKeyFields);
export const groupKeys: Check<GroupKey[]> = array(groupKey, GROUPS_MAX);

const groupProofFields = { key: name, address, signature };
/** A signature over the welcome's challenge, by the key that is derived from the group's secret (`wallet/group-proof.ts`). */
export interface WireGroupProof extends MapOf<typeof groupProofFields> {}
export const groupProof: Check<WireGroupProof> = object(groupProofFields);

const workerFields = {
  /** The same on every connection of the worker: by it the scheduler knows whose leases it may keep. */
  workerId: id,
  /** What it can run. */
  worktimes: worktimeNames,
  /** What its sandboxes run in. */
  sandboxHost: oneOf('browser', 'deno', 'chromium', 'thread'),
  /** Sandboxes that it runs at once, at most. */
  sandboxes: integer(1, SANDBOXES_PER_WORKER_MAX),
  /** Who is paid; nobody when absent. */
  paymentAddress: optional(address),
  /** It runs jobs of these owners only; anybody's when absent. */
  owners: optional(array(address, WORKER_FILTER_MAX)),
  /** It runs these jobs only. */
  jobs: optional(array(id, WORKER_FILTER_MAX)),
  /** It runs none of these jobs. */
  blockedJobs: optional(array(id, WORKER_FILTER_MAX)),
  /** It runs no job of these owners. */
  blockedOwners: optional(array(address, WORKER_FILTER_MAX)),
  /**
   * It runs jobs of these groups; of `public` when absent. One with a secret has the address that the secret makes, and
   * counts only once that is proved by `group.prove`.
   */
  groups: optional(groupKeys),
  /** It runs no slice that pays less, in units. */
  minimumPrice: optional(units),
  /** It also runs jobs whose input comes from these origins: all origins of a job must be among them. */
  allowOrigins: optional(array(text(ORIGIN_LENGTH_MAX), WORKER_ORIGINS_MAX)),
};
/** A worker, as it describes itself. */
export interface WorkerDescription extends MapOf<typeof workerFields> {}
export const worker: Check<WorkerDescription> = named('worker', object(workerFields));
