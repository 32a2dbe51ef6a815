/**
 * Forwards console lines, events and progress of running slices to the followers of their job: best effort, at a limited rate for each
 * worker.
 * @module
 */
import { CONSOLE_MESSAGES_PER_SECOND_MAX } from '../../protocol/limits.js';
import type { SchedulerMessage, WorkerNotices } from '../../protocol/messages/messages.js';
import type { LeaseRecord } from '../leasing/lease-registry.js';
import type { ConnectedWorker } from '../clients/connected-worker.js';
import type { ServiceContext } from './service-context.js';

export class LiveMessages {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  console(worker: ConnectedWorker, m: WorkerNotices['slice.console']): void {
    this.#forward(worker, m.leaseId, ({ job: { jobId }, attempt }) => {
      const { sliceNumber, level, message, same } = m;
      const text = { sliceNumber, attempt, level, message, ...(same === undefined ? {} : { same }) };
      return { type: 'job.console', jobId, ...text };
    });
  }

  event(worker: ConnectedWorker, m: WorkerNotices['slice.event']): void {
    this.#forward(worker, m.leaseId, ({ job: { jobId }, attempt }) => {
      const { sliceNumber, name, value } = m;
      return { type: 'job.event', jobId, attempt, sliceNumber, name, value };
    });
  }

  progress(worker: ConnectedWorker, m: WorkerNotices['slice.progress']): void {
    this.#forward(worker, m.leaseId, ({ job: { jobId }, attempt }) => {
      const { sliceNumber, progress } = m;
      return {
        type: 'job.progress',
        jobId,
        attempt,
        sliceNumber,
        ...(progress === undefined ? {} : { progress }),
      };
    });
  }

  #forward(
    worker: ConnectedWorker,
    leaseId: string,
    messageOf: (lease: LeaseRecord) => SchedulerMessage,
  ): void {
    const { leases, options, followers } = this.#context;
    const lease = leases.get(leaseId);
    if (lease?.holder !== worker) return;
    if (worker.liveMessages.count(options.clock.monotonicMs()) > CONSOLE_MESSAGES_PER_SECOND_MAX) return;
    followers.broadcast(lease.job.jobId, messageOf(lease));
  }
}
