/**
 * What an operator asks of a scheduler besides what a deployer may: types only. Each needs the token of the data folder
 * in the connection's `hello`.
 * @module
 */

/** A connected worker. */
export interface WorkerListing {
  workerId: string;
  /** Its IP address and port, as the scheduler sees them. */
  peer: string;
  /** When this connection was made, wall milliseconds. */
  sinceMs: number;
  isolation: string;
  sandboxes: number;
  worktimes: { name: string; version: string }[];
  /** Who is paid; absent where nobody is. */
  paymentAddress?: string;
  /** Leases that it holds now. */
  leases: number;
  /** Slices that it reported over this connection, and those that took their sandbox with them. */
  slices: number;
  lost: number;
}

/**
 * - `identity`: an address: jobs of that owner, deployers that prove it, workers that are paid to it.
 * - `worker`: a worker's id.
 * - `network`: an IP address, or a prefix such as `203.0.113.0/24`.
 */
export type BanKind = 'identity' | 'worker' | 'network';

export interface Ban {
  subject: string;
  kind: BanKind;
  reason: string;
  /** Wall milliseconds. */
  atMs: number;
}

type Nothing = Record<string, never>;

export interface OperatorRequests {
  /** Takes back what is leased of a job, and lends nothing of it until it is resumed; its owner sees the reason. */
  'job.pause': [{ jobId: string; reason: string }, Nothing];
  /** Lets it go on; `wasPaused`: whether the operator, or a ban, held it. */
  'job.resume': [{ jobId: string }, { wasPaused: boolean }];
  /** Connected workers in the order of their ids; `after`: those behind that one. */
  'worker.list': [{ after?: string; limit: number }, { workers: WorkerListing[]; more: boolean }];
  /** Ends a worker's connection and takes its leases back; it may come again. */
  'worker.evict': [{ workerId: string; reason: string }, Nothing];
  /** Keeps somebody out, and ends the connections of whom it hits; running jobs of an identity are paused. */
  'ban.add': [{ subject: string; reason: string }, { ban: Ban }];
  'ban.remove': [{ subject: string }, Nothing];
  'ban.list': [Nothing, { bans: Ban[] }];
  /**
   * Takes no new jobs and lends nothing any more; `on: false` takes that back. After `limitMs` milliseconds it counts as
   * drained whatever is still leased: 0 to `DRAIN_MS_MAX`, `DRAIN_MS_DEFAULT` when absent.
   */
  'scheduler.drain': [{ on: boolean; limitMs?: number }, { draining: boolean; leases: number }];
}
