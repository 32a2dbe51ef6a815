/**
 * Looks once, a little after a job was deployed, whether anybody works on it: a job that waits for workers that do not
 * exist looks just like a slow one.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { JobStatus } from '../../protocol/messages/messages.js';

export const NO_WORKERS =
  'No worker has taken a slice yet. Is one running that takes this job: its owner, its compute groups, its price, the sites that its input comes from (--allow-origin)?';

/** How long a job may wait for its first worker before that is told, milliseconds. */
export const NO_WORKERS_MS = 5_000;

/** Says that text to whoever runs the program: once, where many jobs wait for workers one line will do. */
export class WorkersMissing {
  readonly #warn: (text: string) => void;
  #isSaid = false;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  get isSaid(): boolean {
    return this.#isSaid;
  }

  say(jobId: string): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#warn(`manyhands: job ${jobId}: ${NO_WORKERS}`);
  }
}

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
