/**
 * How far an input of unknown length is read ahead of what is computed: without a bound an endless one would fill the
 * scheduler's disk. An input whose length is known, such as an array or a range, is sent in full.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { deferred, type Deferred } from '../../lib/deferred.js';
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue, readOptions } from '../../lib/options.js';
import type { JobStatus } from '../../protocol/messages/messages.js';
import { NO_WORKERS_MS } from '../connection/worker-watch.js';

export interface ReadAheadLimits {
  /** Slices that are read and not computed, at most. @default 1,000,000 */
  slices?: number;
  /** Bytes of slices that are sent and not computed, at most. @default 268,435,456 */
  bytes?: number;
}

export const READ_AHEAD_DEFAULT: Required<ReadAheadLimits> = {
  slices: 1_000_000,
  bytes: 256 * 1024 * 1024,
};

/** While reading is stopped the scheduler is asked so often how many slices are computed. */
const ASK_MS = 1_000;
/** Reading begins again at this part of a bound, so that what is sent then is no row of tiny segments. */
const RESUME_PART = 7 / 8;

export interface ReadAheadOptions {
  clock: Clock;
  /** Asked once, when the first slice is read. */
  limits: () => Required<ReadAheadLimits>;
  status: () => Promise<JobStatus>;
  /** Reading has been stopped for seconds, and nobody computes. */
  noWorkers: () => void;
}

/** The setting with its defaults. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function readLimits(given: ReadAheadLimits): Required<ReadAheadLimits> {
  const named = readOptions<ReadAheadLimits>(given, 'job.readAhead', { slices: true, bytes: true });
  const { slices = READ_AHEAD_DEFAULT.slices, bytes = READ_AHEAD_DEFAULT.bytes } = named;
  for (const [name, value] of Object.entries({ slices, bytes })) {
    if (typeof value === 'number' && value >= 1) continue;
    const text = `job.readAhead.${name} is a number from 1, or Infinity; got ${describeValue(value)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: `job.readAhead.${name}` });
  }
  return { slices, bytes };
}

export class ReadAhead {
  readonly #options: ReadAheadOptions;
  /** Committed segments that are not computed to their end, in the order of their slices. */
  readonly #segments: { last: number; count: number; bytes: number }[] = [];
  #limits: Required<ReadAheadLimits> | undefined;
  #slices = 0;
  #bytes = 0;
  #waiting = 0;
  #room: Deferred<void> | undefined;
  #cancelAsking: CancelTimer | undefined;
  #isOver = false;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
  }

  /** Whether nothing more may be read now. */
  get isFull(): boolean {
    return !this.#isBelow(1);
  }

  /** One slice was read. */
  read(): void {
    this.#slices++;
  }

  /** So many bytes of slices that were read are sent. */
  sent(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Slices that were read are committed, under these numbers. */
  committed(first: number, count: number, bytes: number): void {
    this.#segments.push({ last: first + count - 1, count, bytes });
  }

  /** The job as the scheduler has it now. Slices count as computed in their order, which is nearly so. */
  update({ accepted, failed, runStatus }: JobStatus): void {
    // The next append of a job that has ended is refused, and that is what the caller is to hear.
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
    if (this.#isOver || this.#isBelow(RESUME_PART)) this.#wake();
  }

  /** Resolves when more may be read, or as soon as `given` settles. */
  async room(given: Promise<unknown>): Promise<void> {
    if (!this.isFull) return;
    this.#room ??= deferred();
    if (this.#waiting++ === 0) this.#ask(1);
    try {
      await Promise.race([this.#room.promise, given]);
    } finally {
      if (--this.#waiting === 0) this.#cancelAsking?.();
    }
  }

  /** A handle that follows its job hears of what is computed; another has to ask. */
  #ask(times: number): void {
    const { clock, status, noWorkers } = this.#options;
    this.#cancelAsking = clock.after(ASK_MS, () => {
      status()
        .then(
          (found) => {
            this.update(found);
            const isIdle = found.leased + found.workers + found.accepted + found.failed === 0;
            if (isIdle && times * ASK_MS >= NO_WORKERS_MS) noWorkers();
          },
          // While the scheduler is not there the job's events say so.
          () => undefined,
        )
        .finally(() => {
          if (this.#waiting > 0) this.#ask(times + 1);
        })
        .catch(() => undefined);
    });
  }

  #isBelow(part: number): boolean {
    if (this.#isOver) return true;
    const { slices, bytes } = (this.#limits ??= this.#options.limits());
    const isBelow = (ahead: number, limit: number): boolean =>
      part === 1 ? ahead < limit : ahead <= limit * part;
    return isBelow(this.#slices, slices) && isBelow(this.#bytes, bytes);
  }

  #wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
