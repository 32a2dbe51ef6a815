/**
 * The worker's sandboxes, one runner for each slot: executes the core's effects on them. Their runners emit events of the
 * core.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/crypto/random.js';
import { WARM_JOBS_MAX, WARM_WORKTIMES_MAX } from '../../protocol/limits.js';
import type { JobId, WarmState } from '../../protocol/messages/messages.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { LoadedJob, JobPackageCache } from '../assets/job-package-cache.js';
import type { WorkerStats } from '../controls/worker-stats.js';
import type { CoreEvent, SandboxEffect, CheckpointEffect } from '../core/events.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { LeaseResources } from '../leases/worker-leases.js';
import type { SandboxPhase } from '../options/worker-events.js';
import type { DispatchEffect } from './batch-delivery.js';
import { IdleSandboxes } from './idle-sandboxes.js';
import { SandboxRunner } from './sandbox-runner.js';
import type { WarmStartPolicy } from './start/start-policy.js';
import type { WorktimeHealth } from './worktime-health.js';

/** A sandbox without work is reported as idle after this, milliseconds: the gap between two leases is shorter. */
const IDLE_REPORT_MS = 500;
/** Minimum interval between two reports of the warm state, milliseconds. */
const WARM_REPORT_MS = 100;

export interface SandboxPoolOptions {
  clock: Clock;
  random: Random;
  jobs: JobPackageCache;
  blobs: BlobCache;
  stats: WorkerStats;
  startPolicy: WarmStartPolicy;
  health: WorktimeHealth;
  jobBytes: JobBytes;
  dispatch: (event: CoreEvent) => void;
}

interface PoolSlot {
  readonly epoch: number;
  readonly jobId: string;
  readonly packageDigest: string;
  readonly runner: SandboxRunner;
  cancelIdle?: CancelTimer;
  isReportedIdle?: boolean;
}

export class SandboxPool {
  readonly #options: SandboxPoolOptions;
  readonly #slots: (PoolSlot | undefined)[] = [];
  readonly #idle: IdleSandboxes;
  #reportedWarmState = '';
  #cancelReport: CancelTimer | undefined;

  constructor(options: SandboxPoolOptions) {
    this.#options = options;
    const { clock, startPolicy } = options;
    this.#idle = new IdleSandboxes(clock, startPolicy.idleMax, startPolicy.keepMs, () =>
      this.warmStateChanged(),
    );
  }

  /** The jobs whose code is loaded, in active and in idle sandboxes. */
  get jobs(): LoadedJob[] {
    const atWork = this.#slots.flatMap((poolSlot) => poolSlot?.runner.job ?? []);
    return [...atWork, ...this.#idle.jobs];
  }

  /** The jobs and worktimes that start fast here, for a slot whose sandbox has loaded the job `warm`. */
  warmStateFor(warm: JobId | undefined): WarmState {
    const jobs = new Set(this.#idle.jobs.reverse().map(({ jobId }) => jobId));
    if (warm !== undefined) jobs.delete(warm);
    const { worktimes } = this.#options.startPolicy;
    return {
      ...(warm === undefined ? {} : { loadedJob: warm }),
      ...(jobs.size === 0 ? {} : { warmJobs: [...jobs].slice(0, WARM_JOBS_MAX) }),
      ...(worktimes.length === 0 ? {} : { warmWorktimes: worktimes.slice(0, WARM_WORKTIMES_MAX) }),
    };
  }

  /** The idle sandboxes or prewarmed runtimes changed: pending lease requests are sent again, at most once an interval. */
  warmStateChanged(): void {
    const { clock, dispatch } = this.#options;
    this.#cancelReport ??= clock.after(
      WARM_REPORT_MS,
      () => {
        this.#cancelReport = undefined;
        const now = JSON.stringify(this.warmStateFor(undefined));
        if (now === this.#reportedWarmState) return;
        this.#reportedWarmState = now;
        dispatch({ type: 'warm-state-changed' });
      },
      { background: true },
    );
  }

  /** Executes an effect on the sandbox of a slot. */
  execute(effect: Exclude<SandboxEffect, DispatchEffect>): void {
    if (effect.type === 'open-sandbox') return this.#open(effect);
    const poolSlot = this.#slotOf(effect);
    if (poolSlot === undefined) return;
    switch (effect.type) {
      case 'opened':
        return this.#onOpened(effect.slot, poolSlot);
      case 'kill-sandbox':
        return this.#kill(effect.slot, poolSlot, effect.isIdle);
      case 'quiesce-sandbox':
        return poolSlot.runner.quiesce();
      case 'probe-sandbox':
        return poolSlot.runner.probe(effect.withinMs);
      case 'sandbox-idle':
        return this.#keepIdle(effect.slot, poolSlot);
    }
  }

  /** Answers a checkpoint, unless the sandbox that sent it is gone. */
  checkpointed({ slot, sandboxEpoch: epoch, sliceNumber }: CheckpointEffect, saved: boolean): void {
    this.#slotOf({ slot, epoch })?.runner.checkpointed(sliceNumber, saved);
  }

  /** Sends a batch of that lease to the sandbox. */
  runBatch(effect: DispatchEffect, lease: LeaseResources): void {
    const poolSlot = this.#slotOf(effect);
    if (poolSlot === undefined) return;
    poolSlot.cancelIdle?.();
    if (poolSlot.isReportedIdle === true) this.#show(effect.slot, poolSlot, 'ready');
    poolSlot.isReportedIdle = false;
    poolSlot.runner.runBatch(effect, lease);
  }

  /** Ends the idle sandboxes of a job, or all. */
  dropIdle(jobId?: string): void {
    this.#idle.drop(jobId);
  }

  /** Ends all sandboxes. */
  close(): void {
    this.#slots.forEach((poolSlot, slot) => poolSlot !== undefined && this.#kill(slot, poolSlot));
    this.#idle.drop();
    this.#cancelReport?.();
    this.#options.startPolicy.close();
  }

  #slotOf({ slot, epoch }: Pick<SandboxEffect, 'slot' | 'epoch'>): PoolSlot | undefined {
    const poolSlot = this.#slots[slot];
    return poolSlot?.epoch === epoch ? poolSlot : undefined;
  }

  #open({ slot, epoch, jobId, packageDigest }: Extract<SandboxEffect, { type: 'open-sandbox' }>): void {
    const idle = this.#idle.take(jobId, packageDigest);
    const runner = idle ?? new SandboxRunner(this.#options);
    this.#slots[slot] = { epoch, jobId, packageDigest, runner };
    this.#options.stats.sandboxChanged(slot, jobId, 'opening');
    runner.enterSlot(slot, epoch);
    if (idle === undefined) void runner.open(jobId, packageDigest);
  }

  #onOpened(slot: number, poolSlot: PoolSlot): void {
    const { jobId, runner } = poolSlot;
    if (runner.job !== undefined) this.#options.stats.jobSeen(jobId, runner.job.package.public);
    this.#show(slot, poolSlot, 'ready');
  }

  /** Ends a sandbox. If `isIdle`, it may be kept for the next lease of its job. */
  #kill(slot: number, poolSlot: PoolSlot, isIdle = false): void {
    this.#slots[slot] = undefined;
    poolSlot.cancelIdle?.();
    const { jobId, packageDigest, runner } = poolSlot;
    this.#show(slot, poolSlot, 'ended');
    if (isIdle) this.#idle.put(jobId, packageDigest, runner);
    else runner.kill();
  }

  /** The sandbox has no work: it is kept for as long as the policy allows. */
  #keepIdle(slot: number, poolSlot: PoolSlot): void {
    const { dispatch, clock, startPolicy } = this.#options;
    const show = (): void => {
      poolSlot.isReportedIdle = true;
      this.#show(slot, poolSlot, 'idle');
    };
    const stale = (): void => dispatch({ type: 'sandbox-stale', slot, epoch: poolSlot.epoch });
    const cancels = [
      clock.after(IDLE_REPORT_MS, show, { background: true }),
      clock.after(startPolicy.keepMs, stale, { background: true }),
    ];
    poolSlot.cancelIdle = () => cancels.forEach((cancel) => cancel());
  }

  /** Shows the state of the sandbox in the worker's status and events. */
  #show(slot: number, { jobId, runner }: PoolSlot, state: SandboxPhase): void {
    this.#options.stats.sandboxChanged(slot, jobId, state, runner.job);
  }
}
