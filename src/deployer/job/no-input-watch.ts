/**
 * Reports an open job whose slices are all finished and to which none are added, for example because the program that
 * uploaded them has ended: such a job never completes.
 * @module
 */
import type { CancelTimer } from '../../lib/clock.js';
import type { DeployerContext } from '../connection/context.js';
import type { JobStatusInfo } from '../results/status-info.js';
import type { JobConfig } from './job-config.js';

/** Time after which a job without input is reported, milliseconds. */
export const NO_INPUT_MS = 5_000;

export interface NoInputOptions<T> {
  context: DeployerContext;
  job: JobConfig<T>;
  /** Whether this handle is uploading input. */
  isUploading: () => boolean;
}

export class NoInputWatch<T> {
  readonly #options: NoInputOptions<T>;
  #cancel: CancelTimer | undefined;
  #total = -1;
  #isReported = false;

  constructor(options: NoInputOptions<T>) {
    this.#options = options;
  }

  /** Takes the current state of the job. */
  update(isOpen: boolean, { total, computed }: JobStatusInfo): void {
    const isWaiting = isOpen && computed === total;
    if (!isWaiting || total !== this.#total) this.stop();
    this.#total = total;
    if (!isWaiting || this.#isReported) return;
    const { clock } = this.#options.context.ports;
    this.#cancel ??= clock.after(NO_INPUT_MS, () => this.#report(total), { background: true });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #report(committed: number): void {
    this.#cancel = undefined;
    const { context, job, isUploading } = this.#options;
    if (this.#isReported || isUploading()) return;
    this.#isReported = true;
    const message =
      `Job ${job.id} is open and its ${committed} slices are finished, but no more are being added. ` +
      'Add the rest from slice job.committed + 1 on with job.addSlices(rest) and call job.close(), or cancel the job.';
    if (job.listenerCount('noinput') > 0) job.emit('noinput', { job, committed, message });
    else context.ports.warn(`manyhands: ${message}`);
  }
}
