/**
 * Follows a job's journal from a cursor: every row once and in order, whatever happens to the connection. A row
 * is taken, read to its end, credited to the window, and only then is the next one taken.
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
import type { JobNotice, SchedulerLink } from '../connection/scheduler-client.js';
import { readOutcomes, type OutcomeSink } from './outcomes.js';

/** Bytes of outcomes on their way to this follower. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** What was consumed is told when it is so much, or when there is nothing left to read. */
const CREDIT_BYTES = 256 * 1024;
/** The event loop gets its turn after so long. */
const TURN_MS = 8;

export interface FollowSink extends OutcomeSink {
  /** After each row: the job as it was then, and what happened. */
  row(status: JobStatus, event: JournalEvent): void;
  /** The job as it is when the follow begins, and again after each reconnect. */
  following(status: JobStatus): void;
  /** Undefined where more may be handed over; else a promise of that. */
  room(): Promise<void> | undefined;
  console(message: Extract<JobNotice, { type: 'job.console' }>): void;
  progress(message: Extract<JobNotice, { type: 'job.progress' }>): void;
  /**
   * The journal of before is gone: the scheduler's data was restored from an older copy. Whether all of it may be read
   * again from the start.
   */
  rewound(): boolean;
  /** The journal cannot be followed any more. */
  broken(error: Error): void;
}

export interface FollowPorts {
  link: SchedulerLink;
  clock: Clock;
  yieldNow: () => Promise<void>;
  fetchBlob: (ref: BlobRef) => Promise<Uint8Array>;
}

/** `resuming`: rows are dropped until the reply to a follow that begins anew on the same connection. */
type State = 'following' | 'resuming' | 'disconnected' | 'stopped';

/** Times that rows may be missing, with none read in between, before it is the scheduler that lost them. */
const GAPS_MAX = 3;

export class Follower {
  readonly #jobId: string;
  readonly #ports: FollowPorts;
  readonly #sink: FollowSink;
  readonly #unsubscribe: () => void;
  readonly #release: () => void;
  #state: State = 'following';
  /** The row that is being read, or was read last. */
  #taken: JournalPosition;
  /** The last row of which everything was handed to the sink. */
  #cursor: JournalPosition;
  /** Rows that came and are not taken yet, and how many of them were taken since the list was made. */
  #rows: JournalRow[] = [];
  #next = 0;
  #reading = false;
  #gaps = 0;
  /** Bytes that were consumed and not told. */
  #owed = 0;
  /** One a `job.follow`: credits of rows that an earlier one brought must not be given to a later one. */
  #attempt = new AbortController();
  #turnEndsMs = 0;

  /** Begins at once. */
  constructor(jobId: string, after: Cursor, ports: FollowPorts, sink: FollowSink) {
    this.#jobId = jobId;
    this.#ports = ports;
    this.#sink = sink;
    this.#taken = this.#cursor = fromCursor(after);
    this.#unsubscribe = ports.link.subscribe(jobId, {
      notice: (message) => this.#notice(message),
      disconnected: () => this.#disconnected(),
      reconnected: () => this.#follow('following'),
      ended: (error) => this.#break(error),
    });
    this.#release = ports.link.hold();
    this.#follow('following');
  }

  /** The last row that was read to its end; `attach(jobId, { after: cursor })` goes on behind it. */
  get cursor(): Cursor {
    return toCursor(this.#cursor);
  }

  /** Follows no more; what of a row is being read is still handed over. */
  stop(): void {
    if (this.#state === 'stopped') return;
    const told = this.#state !== 'disconnected';
    this.#state = 'stopped';
    this.#attempt.abort(new ManyhandsError('ABORTED', `Job ${this.#jobId} is not followed any more.`));
    this.#rows = [];
    this.#unsubscribe();
    if (told) this.#ports.link.request('job.unfollow', { jobId: this.#jobId }).catch(() => undefined);
    this.#release();
  }

  #follow(state: 'following' | 'resuming'): void {
    if (this.#state === 'stopped') return;
    this.#disconnected();
    this.#state = state;
    const { signal } = this.#attempt;
    const { seq: after, epoch } = this.#taken;
    const known = epoch > 0 ? { epoch } : {};
    const body = { jobId: this.#jobId, after, ...known, windowBytes: WINDOW_BYTES };
    const repeat = { order: `follow ${this.#jobId}`, isWanted: () => !signal.aborted };
    this.#ports.link.request('job.follow', body, { signal, patient: true, repeat }).then(
      ({ status }) => {
        if (signal.aborted) return;
        this.#state = 'following';
        this.#sink.following(status);
      },
      (error: unknown) => {
        if (signal.aborted) return;
        if (isError(error, 'CURSOR_UNKNOWN') && this.#sink.rewound()) this.#rewind();
        else this.#break(error as Error);
      },
    );
  }

  #rewind(): void {
    this.#taken = this.#cursor = JOURNAL_START;
    this.#follow('following');
  }

  /** What came and was not taken is asked for again: so its credits need no accounts over two connections. */
  #disconnected(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'disconnected';
    this.#attempt.abort(new ManyhandsError('ABORTED', 'The connection of this follow was lost.'));
    this.#attempt = new AbortController();
    this.#rows = [];
    this.#next = 0;
    this.#owed = 0;
  }

  #break(error: Error): void {
    if (this.#state === 'stopped') return;
    const reason = isError(error)
      ? error
      : new ManyhandsError('INTERNAL', error.message, {}, { cause: error });
    this.#state = 'disconnected';
    this.stop();
    this.#sink.broken(reason);
  }

  #notice(message: JobNotice): void {
    if (this.#state !== 'following') return;
    if (message.type === 'job.console') this.#sink.console(message);
    else if (message.type === 'job.progress') this.#sink.progress(message);
    else if (this.#keep(message.rows)) this.#read();
  }

  /** Keeps the rows that are new. Where some are missing before them, all from there on is asked for again. */
  #keep(rows: readonly JournalRow[]): boolean {
    for (const row of rows) {
      const expected = (this.#rows.at(-1)?.seq ?? this.#taken.seq) + 1;
      if (row.seq < expected) continue;
      if (row.seq > expected) {
        const lost = `Rows ${expected} to ${row.seq - 1} of the journal of job ${this.#jobId} are missing.`;
        if (++this.#gaps > GAPS_MAX) this.#break(new ManyhandsError('INTERNAL', lost));
        else this.#follow('resuming');
        return false;
      }
      this.#rows.push(row);
    }
    return this.#next < this.#rows.length;
  }

  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#turnEndsMs = this.#ports.clock.monotonicMs() + TURN_MS;
    this.#readRows().catch((error: unknown) => this.#break(error as Error));
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
      this.#taken = position;
      if (row.event.kind === 'outcomes') await this.#readParts(row.event.parts, signal);
      if (this.#taken === position) this.#cursor = position;
      this.#gaps = 0;
      this.#consumed(FOLLOW_ROW_BYTES, signal);
      this.#sink.row(row.status, row.event);
    }
    this.#reading = false;
  }

  async #readParts(parts: readonly SegmentPart[], signal: AbortSignal): Promise<void> {
    for (const part of parts) {
      const fetched = readOutcomes(part, this.#sink, this.#ports.fetchBlob);
      if (fetched !== undefined) await fetched;
      const room = this.#sink.room();
      if (room !== undefined) await room;
      this.#consumed(part.segment.byteLength, signal);
      if (this.#ports.clock.monotonicMs() >= this.#turnEndsMs) {
        await this.#ports.yieldNow();
        this.#turnEndsMs = this.#ports.clock.monotonicMs() + TURN_MS;
      }
    }
  }

  /** What came by an earlier follow is not credited to a later one, whose window begins anew. */
  #consumed(bytes: number, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#owed += bytes;
    if (this.#owed < CREDIT_BYTES) return;
    this.#ports.link.credit({ jobId: this.#jobId, bytes: this.#owed });
    this.#owed = 0;
  }
}
