/**
 * Sandboxes that have loaded a job but are in no slot now. A few are kept for some time, so that the job's next lease
 * starts at once.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { LoadedJob } from '../assets/job-package-cache.js';
import type { SandboxRunner } from './sandbox-runner.js';

interface IdleSandbox {
  readonly jobId: string;
  readonly packageDigest: string;
  readonly runner: SandboxRunner;
  readonly cancel: CancelTimer;
}

export class IdleSandboxes {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #keepMs: number;
  /** Called when the set of kept sandboxes changes. */
  readonly #changed: () => void;
  /** Oldest first. */
  #idle: IdleSandbox[] = [];

  /** `keepMs`: how long a sandbox is kept, milliseconds. */
  constructor(clock: Clock, max: number, keepMs: number, changed: () => void) {
    this.#changed = changed;
    this.#clock = clock;
    this.#max = max;
    this.#keepMs = keepMs;
  }

  /** The jobs that the kept sandboxes have loaded. */
  get jobs(): LoadedJob[] {
    return this.#idle.flatMap(({ runner }) => runner.job ?? []);
  }

  /** Keeps the sandbox, or ends it. May exceed the maximum by one until the next `take`, which may want the oldest. */
  put(jobId: string, packageDigest: string, runner: SandboxRunner): void {
    if (this.#max === 0 || !runner.isReady) return runner.kill();
    const end = (): void => this.#end(idle);
    const cancel = this.#clock.after(this.#keepMs, end, { background: true });
    const idle: IdleSandbox = { jobId, packageDigest, runner, cancel };
    runner.leaveSlot(end);
    runner.quiesce();
    this.#idle.push(idle);
    this.#changed();
  }

  /** Removes and returns a sandbox of that job and package, if there is one. Then ends the oldest ones beyond the maximum. */
  take(jobId: string, packageDigest: string): SandboxRunner | undefined {
    const found = this.#idle.find((one) => one.jobId === jobId && one.packageDigest === packageDigest);
    this.#idle = this.#idle.filter((one) => one !== found);
    found?.cancel();
    if (found !== undefined) this.#changed();
    while (this.#idle.length > this.#max) this.#end(this.#idle[0]!);
    return found?.runner;
  }

  /** Ends the sandboxes of a job, or all. */
  drop(jobId?: string): void {
    for (const idle of [...this.#idle]) if (jobId === undefined || idle.jobId === jobId) this.#end(idle);
  }

  #end(idle: IdleSandbox): void {
    idle.cancel();
    this.#idle = this.#idle.filter((one) => one !== idle);
    idle.runner.kill();
    this.#changed();
  }
}
