/**
 * Counters of a worker (slices, time, earnings) and the state of each sandbox, and the events that publish them.
 * @module
 */
import type { Emitter } from '../../lib/events.js';
import type { Address, JobId } from '../../protocol/messages/messages.js';
import type {
  JobPublic,
  SandboxPhase,
  SandboxStatus,
  WorkerEvents,
  WorkerStatus,
} from '../options/worker-events.js';

/** Owner and package of a job. */
export interface JobSummary {
  readonly owner: Address;
  readonly package: { readonly public: JobPublic };
}

/** Maximum number of jobs that are remembered as seen. */
const SEEN_MAX = 1_024;

export class WorkerStats {
  readonly #events: Emitter<WorkerEvents>;
  readonly #sandboxes: SandboxStatus[];
  readonly #seen = new Set<JobId>();
  #slots: number;
  #slices = 0;
  #failed = 0;
  #computeMs = 0;
  #earned = 0n;

  constructor(slots: number, events: Emitter<WorkerEvents>) {
    this.#events = events;
    this.#slots = slots;
    this.#sandboxes = Array.from({ length: slots }, (_, sandbox) => ({ sandbox, state: 'none' }));
  }

  /** Returns a copy. */
  get status(): Omit<WorkerStatus, 'bytesToday'> {
    return {
      slices: this.#slices,
      failed: this.#failed,
      computeMs: this.#computeMs,
      earned: this.#earned,
      sandboxes: this.#sandboxes.filter((s) => s.sandbox < this.#slots || isLive(s)).map((s) => ({ ...s })),
    };
  }

  jobSeen(jobId: JobId, about: JobPublic): void {
    if (this.#seen.has(jobId)) return;
    if (this.#seen.size >= SEEN_MAX) this.#seen.clear();
    this.#seen.add(jobId);
    this.#events.emit('job', { jobId, ...about });
  }

  sandboxChanged(sandbox: number, jobId: JobId, state: SandboxPhase, job?: JobSummary): void {
    const about = job?.package.public;
    this.#sandboxes[sandbox] = { sandbox, jobId, owner: job?.owner, public: about, state };
    this.#events.emit('sandbox', { sandbox, jobId, public: about, state });
  }

  /** Sets the number of sandboxes; ended ones beyond it are not listed any more. */
  resize(slots: number): void {
    for (let sandbox = this.#sandboxes.length; sandbox < slots; sandbox++) {
      this.#sandboxes.push({ sandbox, state: 'none' });
    }
    this.#slots = slots;
  }

  sliceStarted(sandbox: number, jobId: JobId, sliceNumber: number): void {
    Object.assign(this.#sandboxes[sandbox]!, { sliceNumber, progress: undefined });
    this.#events.emit('slice', { sandbox, jobId, sliceNumber });
  }

  /** Outcomes arrived: a sandbox that reports often does not report the start of each slice. */
  sliceReached(sandbox: number, sliceNumber: number): void {
    const status = this.#sandboxes[sandbox]!;
    if (status.sliceNumber === sliceNumber) return;
    Object.assign(status, { sliceNumber, progress: undefined });
  }

  progressed(sandbox: number, jobId: JobId, sliceNumber: number, progress?: number): void {
    Object.assign(this.#sandboxes[sandbox]!, { sliceNumber, progress });
    this.#events.emit('progress', { sandbox, jobId, sliceNumber, progress });
  }

  /** `failed`: how many of the `count` outcomes are errors. */
  reported(
    jobId: JobId,
    acknowledged: { first: number; count: number; failed: number; computeMs: number },
    paid: bigint,
  ): void {
    const { count, failed, computeMs } = acknowledged;
    this.#slices += count;
    this.#failed += failed;
    this.#computeMs += computeMs;
    this.#earned += paid;
    if (count > 0) this.#events.emit('result', { jobId, ...acknowledged });
    if (paid > 0n) this.#events.emit('payment', { jobId, amount: paid });
  }
}

function isLive({ state }: SandboxStatus): boolean {
  return state === 'opening' || state === 'ready' || state === 'idle';
}
