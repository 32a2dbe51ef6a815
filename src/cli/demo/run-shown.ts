/**
 * Runs a job of the demo with a progress display and a signal that cancels it.
 * @module
 */
import type { Job } from '../../entry/deployer.node.js';
import type { ProgressDisplay } from './progress-display.js';

export interface ShownJob<T> {
  title: string;
  job: Job<T>;
  slices: number;
  display: ProgressDisplay;
  /** Cancels the job. */
  signal: AbortSignal;
}

/**
 * Runs the job and resolves with its results.
 * @throws JOB_CANCELLED when the signal aborts, and the errors of `job.exec`
 */
export async function runShown<T>({ title, job, slices, display, signal }: ShownJob<T>): Promise<T[]> {
  // A job that cannot be cancelled has ended already or ends with its scheduler.
  const cancel = (): void => void job.cancel('interrupted').catch(() => undefined);
  const finish = display.show(title, job, slices);
  try {
    const results = job.exec();
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return [...(await results)];
  } finally {
    signal.removeEventListener('abort', cancel);
    finish();
  }
}
