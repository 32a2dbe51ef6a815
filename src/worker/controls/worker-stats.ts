/**
 * The numbers and the pictures that a worker shows: what was done and earned, and what each sandbox is at.
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

/** What is known of a job once its package is there. */
export interface AboutJob {
  readonly owner: Address;
  readonly package: { readonly public: JobPublic };
}

/** Jobs that are remembered as met. */
const MET_MAX = 1_024;

export class Tally {
  readonly #events: Emitter<WorkerEvents>;
  readonly #sandboxes: SandboxStatus[];
  readonly #met = new Set<JobId>();
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

  /** A copy. */
  get status(): Omit<WorkerStatus, 'bytesToday'> {
    return {
      slices: this.#slices,
      failed: this.#failed,
      computeMs: this.#computeMs,
      earned: this.#earned,
      sandboxes: this.#sandboxes.filter((s) => s.sandbox < this.#slots || isLive(s)).map((s) => ({ ...s })),
    };
  }

  met(jobId: JobId, about: JobPublic): void {
    if (this.#met.has(jobId)) return;
    if (this.#met.size >= MET_MAX) this.#met.clear();
    this.#met.add(jobId);
    this.#events.emit('job', { jobId, ...about });
  }

  sandbox(sandbox: number, jobId: JobId, state: SandboxPhase, job?: AboutJob): void {
    const about = job?.package.public;
    this.#sandboxes[sandbox] = { sandbox, jobId, owner: job?.owner, public: about, state };
    this.#events.emit('sandbox', { sandbox, jobId, public: about, state });
  }

  /** How many sandboxes there may be from now on: one that has ended and is too many is not shown any more. */
  resize(slots: number): void {
    for (let sandbox = this.#sandboxes.length; sandbox < slots; sandbox++) {
      this.#sandboxes.push({ sandbox, state: 'none' });
    }
    this.#slots = slots;
  }

  began(sandbox: number, jobId: JobId, sliceNumber: number): void {
    Object.assign(this.#sandboxes[sandbox]!, { sliceNumber, progress: undefined });
    this.#events.emit('slice', { sandbox, jobId, sliceNumber });
  }

  /** Outcomes came: a sandbox that reports often does not announce each slice that it begins. */
  reached(sandbox: number, sliceNumber: number): void {
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
    taken: { first: number; count: number; failed: number; computeMs: number },
    paid: bigint,
  ): void {
    const { count, failed, computeMs } = taken;
    this.#slices += count;
    this.#failed += failed;
    this.#computeMs += computeMs;
    this.#earned += paid;
    if (count > 0) this.#events.emit('result', { jobId, ...taken });
    if (paid > 0n) this.#events.emit('payment', { jobId, amount: paid });
  }
}

function isLive({ state }: SandboxStatus): boolean {
  return state === 'opening' || state === 'ready' || state === 'idle';
}
