/**
 * What a worker tells the scheduler of its leases: reports, in the order of their slices, releases and renewals, as effects
 * of the core.
 * @module
 */
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import type { Emitter } from '../../lib/events.js';
import { SEGMENT_BYTES_MAX } from '../../protocol/limits.js';
import type { LeaseId, ReplyBody, RequestBody } from '../../protocol/messages/messages.js';
import { encodeBlobRef, encodeError, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { errorsIn, SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { WorkerStats } from '../controls/worker-stats.js';
import type { CoreEvent, Effect } from '../core/events.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { WorkerEvents } from '../options/worker-events.js';

/** What this file uses of a lease that is held. */
interface ReportedLease {
  readonly reports: LeaseReports;
  truncate(end: number): void;
}

export interface LeaseRequestsPorts {
  client: SchedulerRequests;
  leases: { get(leaseId: LeaseId): ReportedLease | undefined };
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

type LeaseReport = RequestBody<'lease.report'>;

/**
 * Sends the reports of one lease, in order. A result that is too large for a segment is stored as a blob first; the reports
 * behind it wait.
 */
export class LeaseReports {
  readonly #client: SchedulerRequests;
  readonly #blobs: BlobCache;
  /** The last report, if reports wait for a blob. */
  #last: Promise<unknown> | undefined;
  #state: 'open' | 'closed' = 'open';

  constructor(client: SchedulerRequests, blobs: BlobCache) {
    this.#client = client;
    this.#blobs = blobs;
  }

  /**
   * Sends a report. Resolves with the scheduler's reply.
   * @throws the scheduler's refusals, those of its blob store that a retry may resolve, and LEASE_LOST where the report
   *   waited when `close` was called
   */
  send(report: LeaseReport): Promise<ReplyBody<'lease.report'>> {
    const before = this.#last;
    const large = (report.segment?.byteLength ?? 0) > SEGMENT_BYTES_MAX;
    if (before === undefined && !large) return this.#client.request('lease.report', report);
    const sent = (before ?? Promise.resolve())
      .catch(() => undefined)
      .then(async () => {
        this.#checkOpen(report);
        const segment = large ? await this.#storeAsBlob(report.segment!) : report.segment;
        this.#checkOpen(report);
        // Sent but not acknowledged: the reports behind it need not wait for the commit.
        return { answer: this.#client.request('lease.report', { ...report, segment }) };
      });
    this.#last = sent;
    const forget = (): void => {
      if (this.#last === sent) this.#last = undefined;
    };
    sent.then(forget, forget);
    return sent.then(({ answer }) => answer);
  }

  /** The lease has ended: reports that wait are not sent. */
  close(): void {
    this.#state = 'closed';
  }

  #checkOpen({ leaseId }: LeaseReport): void {
    if (this.#state === 'open') return;
    throw new ManyhandsError('LEASE_LOST', `The lease ${leaseId} ended before its report was sent.`);
  }

  /** A segment with one envelope: a reference to the stored value, or the error why it could not be stored. */
  async #storeAsBlob(segment: Uint8Array): Promise<Uint8Array> {
    const reader = new SegmentReader(segment);
    const writer = new SegmentWriter();
    try {
      const ref = await this.#blobs.put(reader.body(0));
      writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef(ref));
    } catch (error) {
      if (!isError(error) || error.retryable || error.code === 'CLOSED') throw error;
      const text = `The result has ${segment.byteLength} bytes, and the scheduler did not store it: ${error.message}`;
      writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(new ManyhandsError('RESULT_TOO_LARGE', text)));
    }
    return writer.finish();
  }
}
