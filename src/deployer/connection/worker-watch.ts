/**
 * Checks once, a few seconds after a job was deployed, whether any worker has taken a slice of it. Without this check a
 * job that no worker accepts cannot be told apart from a slow one.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { JobStatus } from '../../protocol/messages/messages.js';

export const NO_WORKERS_MESSAGE =
  'No worker has taken a slice yet. Is a worker running that accepts this job: its owner, its compute groups, its price, and the origins of its input (--allow-origin)?';

/** Time after which a job without a worker is reported, milliseconds. */
export const NO_WORKERS_MS = 5_000;

/** Prints `NO_WORKERS_MESSAGE` for the user of the program, once for all jobs. */
export class NoWorkersWarning {
  readonly #warn: (text: string) => void;
  #isPrinted = false;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  get isPrinted(): boolean {
    return this.#isPrinted;
  }

  warnOnce(jobId: string): void {
    if (this.#isPrinted) return;
    this.#isPrinted = true;
    this.#warn(`manyhands: job ${jobId}: ${NO_WORKERS_MESSAGE}`);
  }
}

export interface WorkerWatchOptions {
  clock: Clock;
  /** Aborts when the job has ended or its handle no longer follows it. */
  ended: AbortSignal;
  /** Whether there is a listener or the warning is not printed yet, and no slice is finished. */
  shouldCheck: () => boolean;
  /** Requests the status of the job: the journal has no rows for leases. */
  status: () => Promise<JobStatus>;
  report: (waitedMs: number) => void;
}

export function watchForWorkers(options: WorkerWatchOptions): void {
  const { clock, ended, shouldCheck, status, report } = options;
  const startMs = clock.monotonicMs();
  const check = async (): Promise<void> => {
    if (ended.aborted || !shouldCheck()) return;
    const { runStatus, total, leased, workers, accepted, failed } = await status();
    const isWaiting = runStatus === 'running' && total > 0 && leased + workers + accepted + failed === 0;
    if (isWaiting && !ended.aborted) report(clock.monotonicMs() - startMs);
  };
  const cancel = clock.after(
    NO_WORKERS_MS,
    // If the request fails, the events of the job report it.
    () => void check().catch(() => undefined),
    { background: true },
  );
  ended.addEventListener('abort', cancel, { once: true });
}
