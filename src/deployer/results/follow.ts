/**
 * Follows a job's journal from a cursor: delivers every row once and in order, across reconnects. Each row is read
 * completely and acknowledged to the flow-control window before the next one.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import type { BlobRef } from '../../protocol/segment/envelope.js';
import { fromCursor, JOURNAL_START, toCursor, type JournalPosition } from '../../protocol/messages/cursor.js';
import { FOLLOW_ROW_BYTES } from '../../protocol/limits.js';
import type {
  Cursor,
  JobStatus,
  JournalEvent,
  JournalRow,
  SegmentPart,
} from '../../protocol/messages/messages.js';
import type { DeployerConnection } from '../connection/deployer-connection.js';
import type { JobNotice } from '../connection/job-notices.js';
import { readOutcomes, type OutcomeSink } from './outcomes.js';

/** Maximum bytes that the scheduler sends before they are acknowledged. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Bytes after which an acknowledgement (`follow.credit`) is sent. */
const CREDIT_BYTES = 256 * 1024;
/** Time after which reading yields to the event loop, milliseconds. */
const YIELD_AFTER_MS = 8;

export interface FollowSink extends OutcomeSink {
  /** Called after each row with the status of the job at that row and the event. */
  row(status: JobStatus, event: JournalEvent): void;
  /** Called with the status of the job when following starts and after each reconnect. */
  following(status: JobStatus): void;
  /** Undefined if more outcomes can be delivered now, else a promise that resolves then. */
  whenReady(): Promise<void> | undefined;
  console(message: Extract<JobNotice, { type: 'job.console' }>): void;
  event(message: Extract<JobNotice, { type: 'job.event' }>): void;
  progress(message: Extract<JobNotice, { type: 'job.progress' }>): void;
  /**
   * Whether the whole journal may be read again. It is asked when the scheduler does not know the cursor, because its
   * data was restored from an older copy.
   */
  mayReadAgain(): boolean;
  /** The journal cannot be followed any longer. */
  followFailed(error: Error): void;
}

export interface FollowPorts {
  connection: Pick<DeployerConnection, 'client' | 'notices'>;
  clock: Clock;
  yieldNow: () => Promise<void>;
  fetchBlob: (ref: BlobRef) => Promise<Uint8Array>;
}

/** `resuming`: rows are dropped until the reply to a new `job.follow` on the same connection. */
type State = 'following' | 'resuming' | 'disconnected' | 'stopped';

/** How often rows may be missing in a row, before the scheduler is assumed to have lost them. */
const GAPS_MAX = 3;

export class Follower {
  readonly #jobId: string;
  readonly #ports: FollowPorts;
  readonly #sink: FollowSink;
  readonly #unsubscribe: () => void;
  readonly #release: () => void;
  #state: State = 'following';
  /** The row that is being read or was read last. */
  #lastPosition: JournalPosition;
  /** The last row that was delivered completely. */
  #cursor: JournalPosition;
  /** Received rows, and the index of the next one to read. */
  #rows: JournalRow[] = [];
  #next = 0;
  #reading = false;
  #gaps = 0;
  /** Bytes that were read and not yet acknowledged. */
  #unackedBytes = 0;
  /** One for each `job.follow` request: rows of an earlier follow must not be acknowledged to a later one. */
  #attempt = new AbortController();
  #yieldAtMs = 0;

  /** Starts immediately. */
  constructor(jobId: string, after: Cursor, ports: FollowPorts, sink: FollowSink) {
    this.#jobId = jobId;
    this.#ports = ports;
    this.#sink = sink;
    this.#lastPosition = this.#cursor = fromCursor(after);
    this.#unsubscribe = ports.connection.notices.subscribe(jobId, {
      notice: (message) => this.#notice(message),
      disconnected: () => this.#disconnected(),
      reconnected: () => this.#follow('following'),
      ended: (error) => this.#fail(error),
    });
    this.#release = ports.connection.client.retain();
    this.#follow('following');
  }

  /** The last row that was read completely; `attach(jobId, { after: cursor })` continues after it. */
  get cursor(): Cursor {
    return toCursor(this.#cursor);
  }

  /** Stops following; the row that is being read is still delivered. */
  stop(): void {
    if (this.#state === 'stopped') return;
    const isConnected = this.#state !== 'disconnected';
    this.#state = 'stopped';
    this.#attempt.abort(new ManyhandsError('ABORTED', `Job ${this.#jobId} is no longer followed.`));
    this.#rows = [];
    this.#unsubscribe();
    if (isConnected) {
      // Needed on this connection alone: it keeps none open, and opens none again.
      const { client } = this.#ports.connection;
      client.request('job.unfollow', { jobId: this.#jobId }, { isRetained: true }).catch(() => undefined);
    }
    this.#release();
  }

  #follow(state: 'following' | 'resuming'): void {
    if (this.#state === 'stopped') return;
    this.#disconnected();
    this.#state = state;
    const { signal } = this.#attempt;
    const { seq: after, epoch } = this.#lastPosition;
    const known = epoch > 0 ? { epoch } : {};
    const body = { jobId: this.#jobId, after, ...known, windowBytes: WINDOW_BYTES };
    const retry = { orderKey: `follow ${this.#jobId}`, shouldRetry: () => !signal.aborted };
    const { client } = this.#ports.connection;
    client.request('job.follow', body, { signal, waitForConnection: true, retry }).then(
      ({ status }) => {
        if (signal.aborted) return;
        this.#state = 'following';
        this.#sink.following(status);
      },
      (error: unknown) => {
        if (signal.aborted) return;
        if (isError(error, 'CURSOR_UNKNOWN') && this.#sink.mayReadAgain()) this.#restart();
        else this.#fail(error as Error);
      },
    );
  }

  #restart(): void {
    this.#lastPosition = this.#cursor = JOURNAL_START;
    this.#follow('following');
  }

  /**
   * Drops the rows that were received and not read; they are requested again. So acknowledgements never span two
   * follows.
   */
  #disconnected(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'disconnected';
    this.#attempt.abort(new ManyhandsError('ABORTED', 'The connection of this follow was lost.'));
    this.#attempt = new AbortController();
    this.#rows = [];
    this.#next = 0;
    this.#unackedBytes = 0;
  }

  #fail(error: Error): void {
    if (this.#state === 'stopped') return;
    const reason = isError(error)
      ? error
      : new ManyhandsError('INTERNAL', error.message, {}, { cause: error });
    this.#state = 'disconnected';
    this.stop();
    this.#sink.followFailed(reason);
  }

  #notice(message: JobNotice): void {
    if (this.#state !== 'following') return;
    if (message.type === 'job.console') this.#sink.console(message);
    else if (message.type === 'job.progress') this.#sink.progress(message);
    else if (message.type === 'job.event') this.#sink.event(message);
    else if (this.#enqueue(message.rows)) this.#startReading();
  }

  /**
   * Queues the new rows. If rows are missing before them, the journal is requested again from the gap. Returns whether
   * there are rows to read.
   */
  #enqueue(rows: readonly JournalRow[]): boolean {
    for (const row of rows) {
      const expected = (this.#rows.at(-1)?.seq ?? this.#lastPosition.seq) + 1;
      if (row.seq < expected) continue;
      if (row.seq > expected) {
        const text = `Rows ${expected} to ${row.seq - 1} of the journal of job ${this.#jobId} are missing.`;
        if (++this.#gaps > GAPS_MAX) this.#fail(new ManyhandsError('INTERNAL', text));
        else this.#follow('resuming');
        return false;
      }
      this.#rows.push(row);
    }
    return this.#next < this.#rows.length;
  }

  #startReading(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#yieldAtMs = this.#ports.clock.monotonicMs() + YIELD_AFTER_MS;
    this.#readRows().catch((error: unknown) => this.#fail(error as Error));
  }

  async #readRows(): Promise<void> {
    while (this.#next < this.#rows.length) {
      const { signal } = this.#attempt;
      const row = this.#rows[this.#next]!;
      if (++this.#next === this.#rows.length) {
        this.#rows = [];
        this.#next = 0;
      }
      const position = { seq: row.seq, epoch: row.epoch ?? 0 };
      this.#lastPosition = position;
      if (row.event.kind === 'outcomes') await this.#readParts(row.event.parts, signal);
      if (this.#lastPosition === position) this.#cursor = position;
      this.#gaps = 0;
      this.#acknowledge(FOLLOW_ROW_BYTES, signal);
      this.#sink.row(row.status, row.event);
    }
    this.#reading = false;
  }

  async #readParts(parts: readonly SegmentPart[], signal: AbortSignal): Promise<void> {
    for (const part of parts) {
      const fetched = readOutcomes(part, this.#sink, this.#ports.fetchBlob);
      if (fetched !== undefined) await fetched;
      const whenReady = this.#sink.whenReady();
      if (whenReady !== undefined) await whenReady;
      this.#acknowledge(part.segment.byteLength, signal);
      if (this.#ports.clock.monotonicMs() >= this.#yieldAtMs) {
        await this.#ports.yieldNow();
        this.#yieldAtMs = this.#ports.clock.monotonicMs() + YIELD_AFTER_MS;
      }
    }
  }

  /** Acknowledges bytes, unless they were received by an earlier follow: the window of a new follow starts empty. */
  #acknowledge(bytes: number, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#unackedBytes += bytes;
    if (this.#unackedBytes < CREDIT_BYTES) return;
    const { client } = this.#ports.connection;
    client.notify({ type: 'follow.credit', jobId: this.#jobId, bytes: this.#unackedBytes });
    this.#unackedBytes = 0;
  }
}
