/**
 * Tells a job's owner that the job is paused, and why: for want of credits by `nofunds`, by the scheduler's operator by
 * `paused`; and by `resumed` that it goes on.
 * @module
 */
import type { DeployerContext } from '../connection/context.js';
import type { JobSettings } from './job-config.js';

/** The reason that the scheduler gives where credits are missing. */
const NO_FUNDS = 'nofunds';

export class HoldWatch<T> {
  readonly #job: JobSettings<T>;
  readonly #warn: (text: string) => void;
  /** The reason that was told last, as long as the job is paused for it. */
  #told: string | undefined;
  #isSaid = false;

  constructor({ context, job }: { context: DeployerContext; job: JobSettings<T> }) {
    this.#job = job;
    this.#warn = context.ports.warn;
  }

  /** The job is paused; the same reason is told once. */
  paused(reason: string): void {
    if (this.#told === reason) return;
    this.#told = reason;
    const job = this.#job;
    if (reason === NO_FUNDS) return job.emit('nofunds', { job, reason });
    if (job.listenerCount('paused') > 0) return job.emit('paused', { job, reason });
    this.#isSaid = true;
    this.#warn(
      `manyhands: job ${job.id} is paused by the scheduler's operator until it is resumed: ${JSON.stringify(reason)}`,
    );
  }

  resumed(): void {
    const job = this.#job;
    job.emit('resumed', { job });
    if (this.#isSaid) this.#warn(`manyhands: job ${job.id} goes on.`);
    this.#isSaid = false;
    this.#told = undefined;
  }
}
