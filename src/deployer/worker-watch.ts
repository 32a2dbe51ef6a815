/**
 * Looks once, a little after a job was deployed, whether anybody works on it: a job that waits for workers that do not
 * exist looks just like a slow one.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import type { JobStatus } from '../protocol/messages.js';

/** How long a job may wait for its first worker before that is told, milliseconds. */
export const NO_WORKERS_MS = 5_000;

export interface WorkerWatchOptions {
  clock: Clock;
  ended: AbortSignal;
  /** Whether somebody would hear it, and nothing has come of the job yet. */
  isWorthAsking: () => boolean;
  /** The journal says nothing of leases: the scheduler is asked. */
  status: () => Promise<JobStatus>;
  tell: (waitedMs: number) => void;
}

export function watchForWorkers(options: WorkerWatchOptions): void {
  const { clock, ended, isWorthAsking, status, tell } = options;
  const began = clock.monotonicMs();
  const look = async (): Promise<void> => {
    if (ended.aborted || !isWorthAsking()) return;
    const { runStatus, total, leased, workers, accepted, failed } = await status();
    const isWaiting = runStatus === 'running' && total > 0 && leased + workers + accepted + failed === 0;
    if (isWaiting && !ended.aborted) tell(clock.monotonicMs() - began);
  };
  const cancel = clock.after(
    NO_WORKERS_MS,
    // Where the scheduler cannot say, the job's own events will.
    () => void look().catch(() => undefined),
    { background: true },
  );
  ended.addEventListener('abort', cancel, { once: true });
}
