/**
 * A worker that takes leases of the real scheduler and reports outcomes that the test defines, without any sandbox.
 * @module
 */
import type { Input, Lease, SchedulerMessage } from '../../protocol/messages/messages.js';
import { encodeBlobRef, encodeError, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import type { MemoryBlobs } from './memory-blobs.js';
import type { TestConnection } from './scheduler-fixture.js';

/** Outcome of a slice: `{ value }`, `{ error }`, or bytes that are stored as a blob. */
export type SliceOutcome = { value: unknown } | { error: unknown } | { blob: Uint8Array };

export type ComputeOutcome = (datum: unknown, sliceNumber: number) => SliceOutcome;

export class WorkerPeer {
  readonly #connection: TestConnection;
  readonly #blobs: MemoryBlobs;
  #lease: Lease | undefined;
  /** Next slice of the lease. */
  #next = 0;
  #lastRequest = 0;
  #lastId = 0;

  constructor(connection: TestConnection, blobs: MemoryBlobs) {
    this.#connection = connection;
    this.#blobs = blobs;
  }

  /** Reports these outcomes for the next slices that the scheduler leases, in one report for each lease. */
  async report(outcomes: readonly SliceOutcome[]): Promise<void> {
    for (let done = 0; done < outcomes.length;) {
      const count = Math.min(outcomes.length - done, await this.#slicesLeased());
      await this.#report(outcomes.slice(done, done + count));
      done += count;
    }
  }

  /** Runs every slice that it can get, and reports at most so many at a time; never settles while the scheduler runs. */
  async runAll(compute: () => ComputeOutcome, slicesPerReport: () => number): Promise<never> {
    for (;;) {
      const count = Math.min(slicesPerReport(), await this.#slicesLeased());
      const first = this.#next;
      const outcomes = Array.from({ length: count }, (_, i) => compute()(this.#datum(first + i), first + i));
      await this.#report(outcomes);
    }
  }

  /** Unreported slices of its lease; requests another lease if there are none. */
  async #slicesLeased(): Promise<number> {
    if (this.#lease === undefined) {
      const request = ++this.#lastRequest;
      this.#connection.receive({ type: 'lease.request', request, idle: true });
      const { lease } = await this.#connection.waitForMessage(
        (message): message is Extract<SchedulerMessage, { type: 'lease.grant' }> =>
          message.type === 'lease.grant' && message.request === request,
      );
      this.#lease = lease;
      this.#next = lease.first;
    }
    return this.#lease.first + this.#lease.count - this.#next;
  }

  #datum(sliceNumber: number): unknown {
    const covers = ({ first, input }: { first: number; input: Input }): boolean =>
      sliceNumber >= first && sliceNumber < first + input.count;
    const part = this.#lease!.inputs.find(covers)!;
    return this.#blobs.datum(part.input, sliceNumber - part.first);
  }

  async #report(outcomes: readonly SliceOutcome[]): Promise<void> {
    const { leaseId, first, count } = this.#lease!;
    const { refused } = await this.#connection.request({
      type: 'lease.report',
      id: ++this.#lastId,
      leaseId,
      first: this.#next,
      count: outcomes.length,
      // Fast slices, so that leases grow to their full size.
      computeMs: 0,
      segment: this.#segment(outcomes),
    });
    if (refused !== undefined) throw new Error(`the report was refused: ${refused.code}`);
    this.#next += outcomes.length;
    if (this.#next === first + count) this.#lease = undefined;
  }

  #segment(outcomes: readonly SliceOutcome[]): Uint8Array {
    const writer = new SegmentWriter();
    for (const outcome of outcomes) {
      if ('value' in outcome) writer.appendValue(outcome.value);
      else if ('error' in outcome) writer.appendEnvelope(ENVELOPE_KIND.error, encodeError(outcome.error));
      else writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef(this.#blobs.store(outcome.blob)));
    }
    return writer.finish();
  }
}
