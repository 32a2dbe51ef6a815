/**
 * Reports that a job is paused: by the event `nofunds` if its account lacks credits, by `paused` if the scheduler's
 * operator paused it; and by `resumed` when it continues.
 * @module
 */
import type { JobState } from '../state/job-state.js';

/** The pause reason of the scheduler when credits are missing. */
const NO_FUNDS = 'nofunds';

export class PauseNotifier<T, J> {
  readonly #state: JobState<T, J>;
  readonly #warn: (text: string) => void;
  /** The reason that was reported last, while the job is paused for it. */
  #reportedReason: string | undefined;
  #isWarned = false;

  constructor(state: JobState<T, J>, warn: (text: string) => void) {
    this.#state = state;
    this.#warn = warn;
  }

  /** Reports a pause; the same reason is reported once. */
  paused(reason: string): void {
    if (this.#reportedReason === reason) return;
    this.#reportedReason = reason;
    const { id, events } = this.#state;
    const { job } = events;
    if (reason === NO_FUNDS) return events.emit('nofunds', { job, reason });
    if (events.listenerCount('paused') > 0) return events.emit('paused', { job, reason });
    this.#isWarned = true;
    this.#warn(
      `manyhands: job ${id} is paused by the scheduler's operator until it is resumed: ${JSON.stringify(reason)}`,
    );
  }

  resumed(): void {
    const { id, events } = this.#state;
    events.emit('resumed', { job: events.job });
    if (this.#isWarned) this.#warn(`manyhands: job ${id} was resumed.`);
    this.#isWarned = false;
    this.#reportedReason = undefined;
  }
}
