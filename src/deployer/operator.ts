/**
 * The operator's session: what only the holder of the data folder's token may ask of a scheduler.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { newId } from '../lib/crypto/ids.js';
import type { Random } from '../lib/crypto/random.js';
import { SOFTWARE_VERSION } from '../lib/version.js';
import { clientCodec } from '../protocol/wire/codec.js';
import { DRAIN_MS_MAX, WORKER_LIST_MAX } from '../protocol/limits.js';
import type { DeployerRequests } from '../protocol/messages/messages.js';
import type { Ban, OperatorRequests, WorkerListing } from '../protocol/messages/operator-messages.js';
import { parseSchedulerUrl } from '../protocol/wire/scheduler-url.js';
import { PROTOCOL_VERSION } from '../protocol/wire/version.js';
import { ClientSession } from '../transport/session.js';
import type { Connect } from '../transport/transport.js';
import type { JobPage, ListOptions } from './compute-types.js';
import { type RemoteStatus, remoteStatus } from './results/status-info.js';
import { listJobs } from './list-jobs.js';

export interface OperatorOptions {
  scheduler: string | URL;
  /** The text of `operator.token` in the scheduler's data folder. */
  token: string;
}

export interface OperatorPorts {
  connect: Connect;
  clock: Clock;
  random: Random;
}

export interface AccountInfo {
  address: string;
  /** Units (1 credit = 10^9): to spend, waiting in escrow for jobs, and ever earned by slices. */
  balance: bigint;
  escrow: bigint;
  earned: bigint;
}

export interface Operator {
  /** Credits `units` to an account, from nothing; resolves with its balance in units. */
  mint(address: string, units: bigint): Promise<bigint>;
  account(address: string): Promise<AccountInfo>;
  /** All jobs there are, the newest first, a page at a time. Rejects with `INVALID_ARGUMENT`. */
  jobs(options?: ListOptions): Promise<JobPage>;
  /**
   * Takes back what is leased of a job, and lends nothing of it until it is resumed; its owner sees the reason. Without
   * one (`''`) a job that is paused keeps its own. Rejects with `JOB_UNKNOWN`, or `JOB_STATE` where it has ended.
   */
  pauseJob(jobId: string, reason: string): Promise<void>;
  /** Lets a paused job go on; resolves with whether it was held. Rejects as `pauseJob`. */
  resumeJob(jobId: string): Promise<boolean>;
  /** Ends anybody's job where it is. Rejects with `JOB_UNKNOWN`. */
  cancelJob(jobId: string, reason: string): Promise<RemoteStatus>;
  /** All workers that are connected. */
  workers(): Promise<WorkerListing[]>;
  /** Ends a worker's connection; it may come again. Rejects with `WORKER_UNKNOWN`. */
  evictWorker(workerId: string, reason?: string): Promise<void>;
  /**
   * Keeps out an address (as owner, deployer and payee; its running jobs are paused), a worker's id, or an IP address or
   * prefix, and ends the connections that it hits. Rejects with `INVALID_ARGUMENT` or `LIMIT_EXCEEDED`.
   */
  ban(who: string, reason?: string): Promise<Ban>;
  /** Lets in again; jobs that the ban paused go on. Rejects with `BAN_UNKNOWN`. */
  unban(who: string): Promise<void>;
  bans(): Promise<Ban[]>;
  /**
   * Takes no new jobs and lends nothing more (or does so again, with `false`). The scheduler ends when all is back, or
   * after `limitMs` milliseconds, whatever is still leased: 0 to 86,400,000, five minutes by default. Rejects with
   * `INVALID_ARGUMENT`.
   */
  drain(on?: boolean, limitMs?: number): Promise<{ draining: boolean; leases: number }>;
  close(): Promise<void>;
}

/** Opens a session. Rejects with `CONNECT_FAILED`, or `FORBIDDEN` where the token is another scheduler's. */
export async function connectOperator(options: OperatorOptions, ports: OperatorPorts): Promise<Operator> {
  const session = new ClientSession<DeployerRequests & OperatorRequests>({
    url: parseSchedulerUrl(options.scheduler).socket,
    ...ports,
    codec: clientCodec,
    hello: () => ({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      software: SOFTWARE_VERSION,
      role: 'operator',
      operatorToken: options.token,
    }),
    notice: () => undefined,
  });
  await session.open();
  return {
    mint: async (address, amount) => {
      const mintId = newId(ports.random);
      return (await session.request('account.mint', { address: address.toLowerCase(), amount, mintId }))
        .balance;
    },
    account: (address) => session.request('account.show', { address: address.toLowerCase() }),
    jobs: (options) => listJobs((body) => session.request('job.list', body), options),
    pauseJob: async (jobId, reason) => void (await session.request('job.pause', { jobId, reason })),
    resumeJob: async (jobId) => (await session.request('job.resume', { jobId })).wasPaused,
    cancelJob: async (jobId, reason) =>
      remoteStatus((await session.request('job.cancel', { jobId, reason })).status),
    workers: () => allWorkers((body) => session.request('worker.list', body)),
    evictWorker: async (workerId, reason = '') =>
      void (await session.request('worker.evict', { workerId, reason })),
    ban: async (subject, reason = '') => (await session.request('ban.add', { subject, reason })).ban,
    unban: async (subject) => void (await session.request('ban.remove', { subject })),
    bans: async () => (await session.request('ban.list', {})).bans,
    drain: async (on = true, limitMs) => {
      if (limitMs !== undefined) checkDrainLimit(limitMs);
      return session.request('scheduler.drain', { on, ...(limitMs !== undefined && { limitMs }) });
    },
    close: () => session.close(),
  };
}

function checkDrainLimit(limitMs: number): void {
  if (Number.isInteger(limitMs) && limitMs >= 0 && limitMs <= DRAIN_MS_MAX) return;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `a drain takes a whole number of milliseconds from 0 to ${DRAIN_MS_MAX}, not ${String(limitMs)}`,
    { argument: 'limitMs' },
  );
}

async function allWorkers(
  ask: (body: OperatorRequests['worker.list'][0]) => Promise<OperatorRequests['worker.list'][1]>,
): Promise<WorkerListing[]> {
  const found: WorkerListing[] = [];
  for (;;) {
    const after = found.at(-1)?.workerId;
    const page = await ask({ limit: WORKER_LIST_MAX, ...(after !== undefined && { after }) });
    found.push(...page.workers);
    if (!page.more) return found;
  }
}
