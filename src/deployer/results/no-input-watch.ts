/**
 * Reports an open job whose slices are all finished and to which none are added, for example because the program that
 * uploaded them has ended: such a job never completes.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { JobState } from '../state/job-state.js';

/** Time after which a job without input is reported, milliseconds. */
export const NO_INPUT_MS = 5_000;

export interface NoInputOptions {
  clock: Clock;
  warn: (text: string) => void;
  /** Whether this handle is uploading input. */
  upload: { readonly isUploading: boolean };
}

export class NoInputWatch<T, J> {
  readonly #state: JobState<T, J>;
  readonly #options: NoInputOptions;
  #cancel: CancelTimer | undefined;
  #total = -1;
  #isReported = false;

  constructor(state: JobState<T, J>, options: NoInputOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** The status of the job has changed. */
  update(isOpen: boolean): void {
    const { total, computed } = this.#state.status;
    const isWaiting = isOpen && computed === total;
    if (!isWaiting || total !== this.#total) this.stop();
    this.#total = total;
    if (!isWaiting || this.#isReported) return;
    const { clock } = this.#options;
    this.#cancel ??= clock.after(NO_INPUT_MS, () => this.#report(total), { background: true });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #report(committed: number): void {
    this.#cancel = undefined;
    const { upload, warn } = this.#options;
    if (this.#isReported || upload.isUploading) return;
    this.#isReported = true;
    const { id, events } = this.#state;
    const message =
      `Job ${id} is open and its ${committed} slices are finished, but no more are being added. ` +
      'Add the rest with job.resumeInput(source), or cancel the job.';
    if (events.listenerCount('noinput') > 0) events.emit('noinput', { job: events.job, committed, message });
    else warn(`manyhands: ${message}`);
  }
}
