/**
 * What a worker tells the scheduler of its leases: reports, releases and renewals, as effects of the core.
 * @module
 */
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import { isError } from '../../lib/errors.js';
import type { Emitter } from '../../lib/events.js';
import type { LeaseId } from '../../protocol/messages/messages.js';
import { errorsIn } from '../../protocol/segment/segment.js';
import type { WorkerStats } from '../controls/worker-stats.js';
import type { CoreEvent, Effect } from '../core/events.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { WorkerEvents } from '../options/worker-events.js';
import type { WorkerLeases } from './worker-leases.js';

export interface LeaseRequestsPorts {
  client: SchedulerRequests;
  leases: WorkerLeases;
  events: Emitter<WorkerEvents>;
  jobBytes: JobBytes;
  stats: WorkerStats;
  dispatch: (event: CoreEvent) => void;
  warn: (error: unknown) => void;
}

export class LeaseRequests {
  readonly #ports: LeaseRequestsPorts;
  /** Pending requests whose replies do not matter, only that they arrive. */
  readonly #pending = new Set<Promise<unknown>>();

  constructor(ports: LeaseRequestsPorts) {
    this.#ports = ports;
  }

  report(effect: Extract<Effect, { type: 'report' }>): void {
    const { report, leaseId, jobId, slot, reached, first, count, computeMs, segment, failure } = effect;
    const { leases, stats, jobBytes, dispatch, warn } = this.#ports;
    const lease = leases.get(leaseId);
    if (lease === undefined) return;
    if (segment !== undefined) stats.sliceReached(slot, reached);
    const failed = segment === undefined ? 0 : errorsIn(segment);
    jobBytes.add(jobId, segment?.byteLength ?? 0);
    lease.reports.send({ leaseId, first, count, computeMs, segment, failure }).then(
      ({ paid }) => {
        stats.reported(jobId, { first, count, failed, computeMs }, paid);
        dispatch({ type: 'reported', report });
      },
      (error: unknown) => {
        const isLost = isError(error, 'LEASE_LOST');
        if (!isLost && !isError(error, 'CLOSED')) warn(error);
        dispatch({ type: 'report-failed', report, leaseLost: isLost });
      },
    );
  }

  release({ leaseId, jobId, from, count, reason }: Extract<Effect, { type: 'release' }>): void {
    const { client, leases, events } = this.#ports;
    leases.get(leaseId)?.truncate(from);
    events.emit('return', { jobId, first: from, count, reason });
    // If the request is refused, the scheduler has the slices back already.
    this.#track(client.request('lease.release', { leaseId, from, reason }).catch(() => undefined));
  }

  renew(leaseIds: LeaseId[]): void {
    const renewed = this.#ports.client.request('lease.renew', { leaseIds }).then(
      ({ expired }) => {
        for (const leaseId of expired) this.#ports.dispatch({ type: 'lease-revoked', leaseId });
      },
      () => undefined,
    );
    this.#track(renewed);
  }

  /** Resolves when all releases and renewals so far have been replied to. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#pending]);
  }

  #track(promise: Promise<unknown>): void {
    this.#pending.add(promise);
    void promise.finally(() => this.#pending.delete(promise));
  }
}
