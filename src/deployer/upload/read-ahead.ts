/**
 * Limits how far an input of unknown length is read ahead of the finished slices: without a limit an endless input
 * would fill the scheduler's disk. An input of known length, such as an array or a range, is sent completely.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import type { ReadAheadLimits } from '../config/read-ahead-limits.js';
import { NO_WORKERS_MS } from '../connection/worker-watch.js';

/** Interval of status requests while reading is stopped, milliseconds. */
const POLL_MS = 1_000;
/** Reading resumes below this fraction of a limit, so that it does not continue in tiny segments. */
const RESUME_FRACTION = 7 / 8;

export interface ReadAheadOptions {
  clock: Clock;
  /** Called once, when the first slice is read. */
  limits: () => Required<ReadAheadLimits>;
  status: () => Promise<JobStatus>;
  /** Reading has been stopped for several seconds and no worker computes. */
  noWorkers: () => void;
}

export class ReadAhead {
  readonly #options: ReadAheadOptions;
  /** Committed segments with unfinished slices, in the order of their slices. */
  readonly #segments: { last: number; count: number; bytes: number }[] = [];
  #limits: Required<ReadAheadLimits> | undefined;
  #slices = 0;
  #bytes = 0;
  #waiting = 0;
  #belowLimit: Deferred<void> | undefined;
  #cancelPolling: CancelTimer | undefined;
  #isOver = false;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
  }

  /** Whether a limit is reached. */
  get isFull(): boolean {
    return !this.#isBelowFraction(1);
  }

  /** One slice was read. */
  read(): void {
    this.#slices++;
  }

  /** A segment of slices was sent, with its size in bytes. */
  sent(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Slices were committed with these numbers. */
  committed(first: number, count: number, bytes: number): void {
    this.#segments.push({ last: first + count - 1, count, bytes });
  }

  /** Takes the current status of the job. Slices are assumed to finish in their order, which is approximately true. */
  update({ accepted, failed, runStatus }: JobStatus): void {
    // Reading continues when the job has ended: its next append fails, and the caller gets that error.
    this.#isOver ||= runStatus === 'cancelled' || runStatus === 'finished';
    const computed = accepted + failed;
    for (let head = this.#segments[0]; head !== undefined; head = this.#segments[0]) {
      const done = Math.min(head.count, computed - (head.last - head.count));
      if (done <= 0) break;
      head.count -= done;
      this.#slices -= done;
      if (head.count > 0) break;
      this.#bytes -= head.bytes;
      this.#segments.shift();
    }
    if (this.#isOver || this.#isBelowFraction(RESUME_FRACTION)) this.#wake();
  }

  /** Resolves when more may be read, or as soon as `stopped` settles. */
  async whenBelowLimit(stopped: Promise<unknown>): Promise<void> {
    if (!this.isFull) return;
    this.#belowLimit ??= deferred();
    if (this.#waiting++ === 0) this.#poll(1);
    try {
      await Promise.race([this.#belowLimit.promise, stopped]);
    } finally {
      if (--this.#waiting === 0) this.#cancelPolling?.();
    }
  }

  /** Polls the status: a handle that does not follow its job receives none. */
  #poll(times: number): void {
    const { clock, status, noWorkers } = this.#options;
    this.#cancelPolling = clock.after(POLL_MS, () => {
      status()
        .then(
          (found) => {
            this.update(found);
            const isIdle = found.leased + found.workers + found.accepted + found.failed === 0;
            if (isIdle && times * POLL_MS >= NO_WORKERS_MS) noWorkers();
          },
          // A lost connection is reported by the events of the job.
          () => undefined,
        )
        .finally(() => {
          if (this.#waiting > 0) this.#poll(times + 1);
        })
        .catch(() => undefined);
    });
  }

  #isBelowFraction(fraction: number): boolean {
    if (this.#isOver) return true;
    const { slices, bytes } = (this.#limits ??= this.#options.limits());
    const isBelow = (ahead: number, limit: number): boolean =>
      fraction === 1 ? ahead < limit : ahead <= limit * fraction;
    return isBelow(this.#slices, slices) && isBelow(this.#bytes, bytes);
  }

  #wake(): void {
    this.#belowLimit?.resolve();
    this.#belowLimit = undefined;
  }
}
