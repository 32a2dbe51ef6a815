/**
 * An open job whose slices are all computed waits for more of them; where nobody adds any, as when the program that fed
 * it died, waiting for its end would be silent and without end.
 * @module
 */
import type { CancelTimer } from '../../lib/clock.js';
import type { DeployerContext } from '../connection/context.js';
import type { JobStatusInfo } from '../results/status-info.js';
import type { JobSettings } from './job-config.js';

/** How long a job may wait for input before that is told, milliseconds. */
export const NO_INPUT_MS = 5_000;

export interface NoInputOptions<T> {
  context: DeployerContext;
  job: JobSettings<T>;
  /** Whether this handle has input on its way. */
  isFeeding: () => boolean;
}

export class NoInputWatch<T> {
  readonly #options: NoInputOptions<T>;
  #cancel: CancelTimer | undefined;
  #total = -1;
  #isTold = false;

  constructor(options: NoInputOptions<T>) {
    this.#options = options;
  }

  /** The job as it is now. */
  look(isOpen: boolean, { total, computed }: JobStatusInfo): void {
    const isWaiting = isOpen && computed === total;
    if (!isWaiting || total !== this.#total) this.stop();
    this.#total = total;
    if (!isWaiting || this.#isTold) return;
    const { clock } = this.#options.context.ports;
    this.#cancel ??= clock.after(NO_INPUT_MS, () => this.#tell(total), { background: true });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #tell(committed: number): void {
    this.#cancel = undefined;
    const { context, job, isFeeding } = this.#options;
    if (this.#isTold || isFeeding()) return;
    this.#isTold = true;
    const message =
      `Job ${job.id} is open and its ${committed} slices are computed, but nobody adds more. ` +
      'Add the rest with job.addSlices(rest), from slice job.committed + 1 on, and end it with job.close(), or cancel it.';
    if (job.listenerCount('noinput') > 0) job.emit('noinput', { job, committed, message });
    else context.ports.warn(`manyhands: ${message}`);
  }
}
