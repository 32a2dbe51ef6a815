/**
 * Reports that a job is paused: by the event `nofunds` if its account lacks credits, by `paused` if the scheduler's
 * operator paused it; and by `resumed` when it continues.
 * @module
 */
import type { DeployerContext } from '../connection/context.js';
import type { JobConfig } from './job-config.js';

/** The pause reason of the scheduler when credits are missing. */
const NO_FUNDS = 'nofunds';

export class PauseNotifier<T> {
  readonly #job: JobConfig<T>;
  readonly #warn: (text: string) => void;
  /** The reason that was reported last, while the job is paused for it. */
  #reportedReason: string | undefined;
  #isWarned = false;

  constructor({ context, job }: { context: DeployerContext; job: JobConfig<T> }) {
    this.#job = job;
    this.#warn = context.ports.warn;
  }

  /** Reports a pause; the same reason is reported once. */
  paused(reason: string): void {
    if (this.#reportedReason === reason) return;
    this.#reportedReason = reason;
    const job = this.#job;
    if (reason === NO_FUNDS) return job.emit('nofunds', { job, reason });
    if (job.listenerCount('paused') > 0) return job.emit('paused', { job, reason });
    this.#isWarned = true;
    this.#warn(
      `manyhands: job ${job.id} is paused by the scheduler's operator until it is resumed: ${JSON.stringify(reason)}`,
    );
  }

  resumed(): void {
    const job = this.#job;
    job.emit('resumed', { job });
    if (this.#isWarned) this.#warn(`manyhands: job ${job.id} was resumed.`);
    this.#isWarned = false;
    this.#reportedReason = undefined;
  }
}
