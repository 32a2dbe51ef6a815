/**
 * Sandboxes of jobs that have no place at work now: kept for a while, a few at a time, since the job's next lease starts
 * in one at once.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { Job } from '../assets/job-package-cache.js';
import type { RunnerEvents, SandboxRunner } from './sandbox-runner.js';

interface Parked {
  readonly jobId: string;
  readonly packageDigest: string;
  readonly runner: SandboxRunner;
  readonly cancel: CancelTimer;
}

export class ParkedSandboxes {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #keepMs: number;
  /** Others are kept now. */
  readonly #changed: () => void;
  /** The oldest first. */
  #parked: Parked[] = [];

  /** `keepMs`: milliseconds. */
  constructor(clock: Clock, max: number, keepMs: number, changed: () => void) {
    this.#changed = changed;
    this.#clock = clock;
    this.#max = max;
    this.#keepMs = keepMs;
  }

  /** What the kept ones were set up for. */
  get jobs(): Job[] {
    return this.#parked.flatMap(({ runner }) => runner.job ?? []);
  }

  /** Keeps the sandbox, or ends it. One place too many is taken till `take` has been asked: it may want the oldest. */
  put(jobId: string, packageDigest: string, runner: SandboxRunner): void {
    if (this.#max === 0 || !runner.isReady) return runner.kill();
    const end = (): void => this.#end(parked);
    const cancel = this.#clock.after(this.#keepMs, end, { background: true });
    const parked: Parked = { jobId, packageDigest, runner, cancel };
    runner.adopt(listeningFor(end));
    runner.rest();
    this.#parked.push(parked);
    this.#changed();
  }

  /** A sandbox of that very job, which is the caller's from now on. Of the others the oldest give way. */
  take(jobId: string, packageDigest: string): SandboxRunner | undefined {
    const found = this.#parked.find((one) => one.jobId === jobId && one.packageDigest === packageDigest);
    this.#parked = this.#parked.filter((one) => one !== found);
    found?.cancel();
    if (found !== undefined) this.#changed();
    while (this.#parked.length > this.#max) this.#end(this.#parked[0]!);
    return found?.runner;
  }

  /** Ends those of a job, or all. */
  drop(jobId?: string): void {
    for (const parked of [...this.#parked])
      if (jobId === undefined || parked.jobId === jobId) this.#end(parked);
  }

  #end(parked: Parked): void {
    parked.cancel();
    this.#parked = this.#parked.filter((one) => one !== parked);
    parked.runner.kill();
    this.#changed();
  }
}

/** A sandbox without slices has nothing to say: what does is ended. */
function listeningFor(end: () => void): RunnerEvents {
  return {
    ready: () => undefined,
    failed: end,
    said: (message) => {
      if (message.type !== 'console') end();
    },
    starved: end,
    served: () => undefined,
    computes: () => undefined,
    exited: end,
  };
}
