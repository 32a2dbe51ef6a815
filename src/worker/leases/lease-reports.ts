/**
 * Sends the reports of one lease to the scheduler, in order. A result that is too large for a segment is stored as a
 * blob first; the reports behind it wait.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { encodeBlobRef, encodeError, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { SEGMENT_BYTES_MAX } from '../../protocol/limits.js';
import type { ReplyBody, RequestBody } from '../../protocol/messages/messages.js';
import { SegmentReader, SegmentWriter } from '../../protocol/segment/segment.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';

export type LeaseReport = RequestBody<'lease.report'>;

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
