/**
 * The requests that only operators may send: types only. The connection's `hello` must have the token of the
 * scheduler's data folder.
 * @module
 */

/** A connected worker. */
export interface WorkerListing {
  workerId: string;
  /** Its IP address and port, as the scheduler sees them. */
  peer: string;
  /** Wall time at which this connection was accepted, milliseconds. */
  sinceMs: number;
  /** What its sandboxes run in. */
  sandboxHost: string;
  sandboxes: number;
  worktimes: { name: string; version: string }[];
  /** Who is paid; absent where nobody is. */
  paymentAddress?: string;
  /** Leases that it holds now. */
  leases: number;
  /** Slices that it reported over this connection. */
  slices: number;
  /** Slices that failed together with their sandbox, over this connection. */
  failures: number;
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
  /** Wall time, milliseconds. */
  atMs: number;
}

type Nothing = Record<string, never>;

export interface OperatorRequests {
  /** Revokes a job's leases and grants none until it is resumed; its owner is shown the reason. */
  'job.pause': [{ jobId: string; reason: string }, Nothing];
  /** Resumes it; `wasPaused`: whether an operator or a ban had paused it. */
  'job.resume': [{ jobId: string }, { wasPaused: boolean }];
  /** Connected workers in the order of their ids; `after`: those with greater ids. */
  'worker.list': [{ after?: string; limit: number }, { workers: WorkerListing[]; more: boolean }];
  /** Closes a worker's connection and revokes its leases; it may connect again. */
  'worker.evict': [{ workerId: string; reason: string }, Nothing];
  /** Refuses the subject's connections and jobs from now on, closes its connections and pauses an identity's running jobs. */
  'ban.add': [{ subject: string; reason: string }, { ban: Ban }];
  'ban.remove': [{ subject: string }, Nothing];
  'ban.list': [Nothing, { bans: Ban[] }];
  /**
   * Refuses new jobs and grants no leases; `on: false` ends that. After `limitMs` milliseconds (0 to `DRAIN_MS_MAX`) it
   * counts as drained even if leases remain. @default limitMs: DRAIN_MS_DEFAULT
   */
  'scheduler.drain': [{ on: boolean; limitMs?: number }, { draining: boolean; leases: number }];
}
