/**
 * The use cases of the operator: pause and resume jobs, list and evict workers, ban, drain. Every action is logged.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { DRAIN_MS_DEFAULT } from '../../protocol/limits.js';
import type { Ban, OperatorRequests, WorkerListing } from '../../protocol/messages/operator-messages.js';
import { parseBanned } from '../clients/bans.js';
import type { ConnectedWorker } from '../clients/connected-worker.js';
import type { ServiceContext } from './service-context.js';

type Input<K extends keyof OperatorRequests> = OperatorRequests[K][0];
type Output<K extends keyof OperatorRequests> = OperatorRequests[K][1];

export class OperatorService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Revokes a job's leases, and grants none until it is resumed. @throws JOB_UNKNOWN, JOB_STATE */
  async pauseJob({ jobId, reason }: Input<'job.pause'>): Promise<void> {
    await this.#context.commitQueue.submit('pauseJob', { jobId, reason });
  }

  /** Resumes a job that the operator or a ban has paused. @throws JOB_UNKNOWN, JOB_STATE */
  resumeJob(jobId: string): Promise<Output<'job.resume'>> {
    return this.#context.commitQueue.submit('resumeJob', { jobId });
  }

  /** Workers that are connected to this node, in the order of their ids. */
  listWorkers({ after, limit }: Input<'worker.list'>): Output<'worker.list'> {
    const { leases, workers } = this.#context;
    const counts = new Map<unknown, number>();
    for (const { holder } of leases.values()) counts.set(holder, (counts.get(holder) ?? 0) + 1);
    const all = [...workers.values()].sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
    const from = after === undefined ? 0 : all.findIndex((one) => one.workerId > after);
    const found = from < 0 ? [] : all.slice(from, from + limit);
    return {
      workers: found.map((one) => listing(one, counts.get(one) ?? 0)),
      more: from >= 0 && from + limit < all.length,
    };
  }

  /** Ends the connection of a worker of this node, and releases its leases. @throws WORKER_UNKNOWN */
  evictWorker({ workerId, reason }: Input<'worker.evict'>): void {
    const worker = this.#context.workers.get(workerId);
    if (worker === undefined) {
      throw new ManyhandsError('WORKER_UNKNOWN', `no worker ${workerId} is connected`, { workerId });
    }
    this.#context.options.log('warn', 'evicted', { workerId, peer: worker.stats.peer, reason });
    worker.dismiss(new ManyhandsError('EVICTED', evictedText(reason), { workerId, reason }));
  }

  /** Bans an identity, a worker or a network, and ends its connections. @throws INVALID_ARGUMENT, LIMIT_EXCEEDED */
  async ban({ subject, reason }: Input<'ban.add'>): Promise<Ban> {
    const { commitQueue, options } = this.#context;
    const found = await commitQueue.submit('ban', { ...parseBanned(subject), reason });
    options.log('warn', 'banned', { subject: found.subject, kind: found.kind, reason });
    await this.loadBans();
    return found;
  }

  /** Removes a ban. @throws INVALID_ARGUMENT, BAN_UNKNOWN */
  async unban({ subject: text }: Input<'ban.remove'>): Promise<void> {
    const { commitQueue, options } = this.#context;
    const { subject } = parseBanned(text);
    const { removed } = await commitQueue.submit('unban', { subject });
    if (!removed) throw new ManyhandsError('BAN_UNKNOWN', `${subject} is not banned here`, { subject });
    options.log('warn', 'unbanned', { subject });
    await this.loadBans();
  }

  get bans(): Ban[] {
    return this.#context.bans.all;
  }

  /** Loads the bans from the store, and ends the connections that they name. */
  async loadBans(): Promise<void> {
    const { bans, clients, options } = this.#context;
    bans.replace(await options.store.bans());
    for (const client of [...clients]) {
      const refusal = bans.refusal(client.identity);
      if (refusal !== undefined) client.dismiss(refusal);
    }
  }

  /** Starts or stops draining this node. */
  drain({ on, limitMs }: Input<'scheduler.drain'>): Output<'scheduler.drain'> {
    const { draining, leases } = this.#context;
    draining.set(on, on ? (limitMs ?? DRAIN_MS_DEFAULT) : undefined);
    return { draining: draining.isOn, leases: leases.size };
  }
}

function listing(worker: ConnectedWorker, leases: number): WorkerListing {
  const { workerId, sandboxHost, sandboxes, worktimes, paymentAddress } = worker.description;
  return {
    ...{ workerId, sandboxHost, sandboxes, worktimes, leases },
    ...(paymentAddress !== undefined && { paymentAddress }),
    ...worker.stats,
  };
}

const evictedText = (reason: string): string =>
  `The operator of this scheduler ended the connection${reason === '' ? '' : `: ${reason}`}.`;
