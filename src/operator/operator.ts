/**
 * The operator's session: the requests that need the operator token of the scheduler's data folder.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { newId } from '../lib/crypto/ids.js';
import type { Random } from '../lib/crypto/random.js';
import { DRAIN_MS_MAX, WORKER_LIST_MAX } from '../protocol/limits.js';
import type { DeployerRequests } from '../protocol/messages/messages.js';
import type { Ban, OperatorRequests, WorkerListing } from '../protocol/messages/operator-messages.js';
import { parseSchedulerUrl } from '../protocol/wire/scheduler-url.js';
import { CONNECT_TIMEOUT_MS_DEFAULT, Outage } from '../client/connection/outage.js';
import { SchedulerClient } from '../client/connection/scheduler-client.js';
import type { Connect } from '../transport/transport.js';
import { parseAddress } from '../wallet/parse-address.js';
import type { AccountInfo } from '../client/jobs/account-info.js';
import { type RemoteStatus, toRemoteStatus } from '../client/jobs/status-info.js';
import { listJobs, type JobPage, type ListOptions } from '../client/jobs/list-jobs.js';

export interface OperatorOptions {
  scheduler: string | URL;
  /** The content of `operator.token` in the scheduler's data folder. */
  token: string;
}

export interface OperatorPorts {
  connect: Connect;
  clock: Clock;
  random: Random;
}

export interface Operator {
  /**
   * Creates `units` new units (1 credit = 10^9 units) on an account; resolves with its balance in units. Rejects with
   * `ADDRESS_MALFORMED`, also where the checksum of an address in mixed case is wrong.
   */
  mint(address: string, units: bigint): Promise<bigint>;
  /** @throws ADDRESS_MALFORMED */
  account(address: string): Promise<AccountInfo>;
  /** Lists all jobs, newest first, one page at a time. @throws INVALID_ARGUMENT */
  jobs(options?: ListOptions): Promise<JobPage>;
  /**
   * Revokes the leases of a job and grants no new ones until it is resumed. The job's owner sees the reason; with an
   * empty reason, a job that is already paused keeps its reason. @throws JOB_UNKNOWN, or JOB_STATE if the job
   * has ended
   */
  pauseJob(jobId: string, reason: string): Promise<void>;
  /** Resumes a paused job; resolves with whether an operator had paused it. Rejects like `pauseJob`. */
  resumeJob(jobId: string): Promise<boolean>;
  /** Cancels a job of any owner. @throws JOB_UNKNOWN */
  cancelJob(jobId: string, reason: string): Promise<RemoteStatus>;
  /** Lists all connected workers. */
  workers(): Promise<WorkerListing[]>;
  /** Closes the connection of a worker, which may connect again. @throws WORKER_UNKNOWN */
  evictWorker(workerId: string, reason?: string): Promise<void>;
  /**
   * Bans an address (as owner, deployer and payee; its running jobs are paused), a worker's id, or an IP address or
   * prefix, and closes the connections that match. @throws INVALID_ARGUMENT or LIMIT_EXCEEDED
   */
  ban(who: string, reason?: string): Promise<Ban>;
  /** Removes a ban and resumes the jobs that it paused. @throws BAN_UNKNOWN */
  unban(who: string): Promise<void>;
  bans(): Promise<Ban[]>;
  /**
   * Makes the scheduler refuse new jobs and grant no leases; `false` undoes it. The scheduler process ends when no
   * lease is left, or after `limitMs` milliseconds (0 to 86,400,000, five minutes by default) even if leases are left.
   * @throws INVALID_ARGUMENT
   */
  drain(on?: boolean, limitMs?: number): Promise<{ draining: boolean; leases: number }>;
  close(): Promise<void>;
}

/** Opens a client. @throws CONNECT_FAILED, or FORBIDDEN if the token is not that of this scheduler */
export async function connectOperator(options: OperatorOptions, ports: OperatorPorts): Promise<Operator> {
  const { connect, clock, random } = ports;
  const url = parseSchedulerUrl(options.scheduler);
  const client = new SchedulerClient<DeployerRequests & OperatorRequests>({
    url,
    connect,
    clock,
    random,
    hello: () => ({ role: 'operator', operatorToken: options.token }),
    // No event of an operator reports a lost connection, so a request fails when it lasts.
    outage: new Outage({ clock, url: url.http, connectTimeoutMs: CONNECT_TIMEOUT_MS_DEFAULT }),
    addressOption: 'openOperator({ scheduler })',
  });
  await client.open();
  return {
    mint: async (text, amount) => {
      const mintId = newId(ports.random);
      return (await client.request('account.mint', { address: parseAddress(text), amount, mintId })).balance;
    },
    account: async (text) => client.request('account.show', { address: parseAddress(text) }),
    jobs: (options) => listJobs((body, { signal }) => client.request('job.list', body, { signal }), options),
    pauseJob: async (jobId, reason) => void (await client.request('job.pause', { jobId, reason })),
    resumeJob: async (jobId) => (await client.request('job.resume', { jobId })).wasPaused,
    cancelJob: async (jobId, reason) =>
      toRemoteStatus((await client.request('job.cancel', { jobId, reason })).status),
    workers: () => listAllWorkers((body) => client.request('worker.list', body)),
    evictWorker: async (workerId, reason = '') =>
      void (await client.request('worker.evict', { workerId, reason })),
    ban: async (subject, reason = '') => (await client.request('ban.add', { subject, reason })).ban,
    unban: async (subject) => void (await client.request('ban.remove', { subject })),
    bans: async () => (await client.request('ban.list', {})).bans,
    drain: async (on = true, limitMs) => {
      if (limitMs !== undefined) checkDrainLimit(limitMs);
      return client.request('scheduler.drain', { on, ...(limitMs !== undefined && { limitMs }) });
    },
    close: () => client.close(),
  };
}

function checkDrainLimit(limitMs: number): void {
  if (Number.isInteger(limitMs) && limitMs >= 0 && limitMs <= DRAIN_MS_MAX) return;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `limitMs of a drain must be a whole number of milliseconds from 0 to ${DRAIN_MS_MAX}; got ${String(limitMs)}`,
    { argument: 'limitMs' },
  );
}

async function listAllWorkers(
  request: (body: OperatorRequests['worker.list'][0]) => Promise<OperatorRequests['worker.list'][1]>,
): Promise<WorkerListing[]> {
  const found: WorkerListing[] = [];
  for (;;) {
    const after = found.at(-1)?.workerId;
    const page = await request({ limit: WORKER_LIST_MAX, ...(after !== undefined && { after }) });
    found.push(...page.workers);
    if (!page.more) return found;
  }
}
