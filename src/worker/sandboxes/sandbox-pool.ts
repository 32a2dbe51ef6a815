/**
 * The worker's sandboxes, one runner for each slot. Their messages become events for the core; console output and
 * progress are sent to the scheduler within rate limits.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import type { Emitter } from '../../lib/events.js';
import {
  CONSOLE_MESSAGES_PER_SECOND_MAX,
  PROGRESS_INTERVAL_MS,
  WARM_JOBS_MAX,
  WARM_WORKTIMES_MAX,
} from '../../protocol/limits.js';
import type { Random } from '../../lib/crypto/random.js';
import type { JobId, WarmState } from '../../protocol/messages/messages.js';
import type { JobMessage } from '../../protocol/messages/sandbox-messages.js';
import { TokenBucket } from '../../lib/token-bucket.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { CoreEvent, Effect } from '../core/events.js';
import type { CoreState, LeaseState } from '../core/state.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { LoadedJob, JobPackageCache } from '../assets/job-package-cache.js';
import type { BatchInputs } from '../inputs/lease-inputs.js';
import { IdleSandboxes } from './idle-sandboxes.js';
import type { RemoteInputs } from '../inputs/remote-inputs.js';
import { SandboxRunner } from './sandbox-runner.js';
import type { RunnerEvents } from './sandbox-runner.js';
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { WorkerStats } from '../controls/worker-stats.js';
import type { WarmStartPolicy } from './start/start-policy.js';
import type { WorkerEvents } from '../options/worker-events.js';
import type { WorktimeHealth } from './worktime-health.js';

/** Console output of one worker: bytes a second, and burst. */
const CONSOLE_BYTES_PER_SECOND = 256 * 1024;
const CONSOLE_BYTES_BURST = 1024 * 1024;
/** Messages (starts, progress, console) of one sandbox: number a second, and burst. Honest sandboxes stay far below. */
const MESSAGES_PER_SECOND = 2_000;
const MESSAGES_BURST = 10_000;
/** A sandbox without work is reported as idle after this, milliseconds: the gap between two leases is shorter. */
const IDLE_REPORT_MS = 500;
/** Minimum interval between two reports of the warm state, milliseconds. */
const WARM_REPORT_MS = 100;

export interface SandboxPoolOptions {
  link: SchedulerRequests;
  clock: Clock;
  random: Random;
  jobs: JobPackageCache;
  blobs: BlobCache;
  remotes: RemoteInputs;
  events: Emitter<WorkerEvents>;
  core: CoreState;
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
  readonly messages: TokenBucket;
  progressMs: number;
  cancelIdle?: CancelTimer;
  isReportedIdle?: boolean;
}

export class SandboxPool {
  readonly #options: SandboxPoolOptions;
  readonly #slots: (PoolSlot | undefined)[] = [];
  readonly #idle: IdleSandboxes;
  readonly #consoleMessages: TokenBucket;
  readonly #consoleBytes: TokenBucket;
  #reportedWarmState = '';
  #cancelReport: CancelTimer | undefined;

  constructor(options: SandboxPoolOptions) {
    this.#options = options;
    const { clock, startPolicy } = options;
    this.#idle = new IdleSandboxes(clock, startPolicy.idleMax, startPolicy.keepMs, () =>
      this.warmStateChanged(),
    );
    const now = options.clock.monotonicMs();
    const perSecond = CONSOLE_MESSAGES_PER_SECOND_MAX;
    this.#consoleMessages = new TokenBucket(perSecond, perSecond, now);
    this.#consoleBytes = new TokenBucket(CONSOLE_BYTES_PER_SECOND, CONSOLE_BYTES_BURST, now);
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

  open(effect: Extract<Effect, { type: 'open-sandbox' }>): void {
    const { slot, epoch, jobId, packageDigest } = effect;
    const { stats, clock } = this.#options;
    const events = this.#handlersOf(slot, epoch, jobId);
    const idle = this.#idle.take(jobId, packageDigest);
    const runner = idle ?? new SandboxRunner(this.#options, events);
    const messages = new TokenBucket(MESSAGES_PER_SECOND, MESSAGES_BURST, clock.monotonicMs());
    this.#slots[slot] = { epoch, jobId, packageDigest, runner, messages, progressMs: -Infinity };
    stats.sandboxChanged(slot, jobId, 'opening');
    if (idle === undefined) return void runner.open(jobId, packageDigest);
    idle.attach(events);
  }

  /** Ends a sandbox. If `isIdle`, it may be kept for the next lease of its job. */
  kill(slot: number, epoch: number, isIdle = false): void {
    const poolSlot = this.#slots[slot];
    if (poolSlot?.epoch !== epoch) return;
    this.#slots[slot] = undefined;
    poolSlot.cancelIdle?.();
    this.#options.stats.sandboxChanged(slot, poolSlot.jobId, 'ended', poolSlot.runner.job);
    if (isIdle) this.#idle.put(poolSlot.jobId, poolSlot.packageDigest, poolSlot.runner);
    else poolSlot.runner.kill();
  }

  /** The sandbox has no slices to run now, perhaps only for a moment. */
  quiesce(slot: number, epoch: number): void {
    const poolSlot = this.#slots[slot];
    if (poolSlot?.epoch === epoch) poolSlot.runner.quiesce();
  }

  /** The sandbox has no work: it is kept for as long as the policy allows. */
  idle(slot: number, epoch: number): void {
    const poolSlot = this.#slots[slot];
    if (poolSlot?.epoch !== epoch) return;
    const { dispatch, clock, startPolicy, stats } = this.#options;
    const show = (): void => {
      poolSlot.isReportedIdle = true;
      stats.sandboxChanged(slot, poolSlot.jobId, 'idle', poolSlot.runner.job);
    };
    const stale = (): void => dispatch({ type: 'sandbox-stale', slot, epoch });
    const cancels = [
      clock.after(IDLE_REPORT_MS, show, { background: true }),
      clock.after(startPolicy.keepMs, stale, { background: true }),
    ];
    poolSlot.cancelIdle = () => cancels.forEach((cancel) => cancel());
  }

  /** The running slice has posted nothing for long: find out whether the sandbox computes. */
  probe(slot: number, epoch: number, withinMs: number): void {
    const poolSlot = this.#slots[slot];
    if (poolSlot?.epoch === epoch) poolSlot.runner.probe(withinMs);
  }

  /** Ends the idle sandboxes of a job, or all. */
  dropIdle(jobId?: string): void {
    this.#idle.drop(jobId);
  }

  runBatch(effect: Extract<Effect, { type: 'dispatch' }>, inputs: BatchInputs): void {
    const { slot, epoch, leaseId, batch, reportEach } = effect;
    const poolSlot = this.#slots[slot];
    if (poolSlot?.epoch !== epoch) return;
    poolSlot.cancelIdle?.();
    if (poolSlot.isReportedIdle)
      this.#options.stats.sandboxChanged(slot, poolSlot.jobId, 'ready', poolSlot.runner.job);
    poolSlot.isReportedIdle = false;
    poolSlot.runner.runBatch(leaseId, batch, inputs, reportEach);
  }

  /** Publishes progress that the core accepted. */
  progressed(effect: Extract<Effect, { type: 'progressed' }>): void {
    const { slot, leaseId, jobId, sliceNumber, progress } = effect;
    const { clock, link, stats } = this.#options;
    const poolSlot = this.#slots[slot];
    const nowMs = clock.monotonicMs();
    if (poolSlot === undefined || nowMs - poolSlot.progressMs < PROGRESS_INTERVAL_MS / 2) return;
    poolSlot.progressMs = nowMs;
    stats.progressed(slot, jobId, sliceNumber, progress);
    const known = progress === undefined ? {} : { progress };
    link.notify({ type: 'slice.progress', leaseId, sliceNumber, ...known });
  }

  /** Ends all sandboxes. */
  close(): void {
    this.#slots.forEach((poolSlot, slot) => poolSlot !== undefined && this.kill(slot, poolSlot.epoch));
    this.#idle.drop();
    this.#cancelReport?.();
    this.#options.startPolicy.close();
  }

  #handlersOf(slot: number, epoch: number, jobId: string): RunnerEvents {
    const { dispatch, stats } = this.#options;
    return {
      ready: (job) => {
        stats.jobSeen(jobId, job.package.public);
        stats.sandboxChanged(slot, jobId, 'ready', job);
        const { limits, isolation } = job.package;
        dispatch({ type: 'sandbox-ready', slot, epoch, limits, singleUse: isolation === 'slice' });
      },
      failed: (fault, message) => dispatch({ type: 'sandbox-failed', slot, epoch, fault, message }),
      message: (message) => this.#onMessage(slot, epoch, message),
      inputFailed: (batch, fault, message, code) =>
        dispatch({ type: 'input-failed', slot, epoch, batch, fault, message, ...(code && { code }) }),
      inputReady: (batch) => dispatch({ type: 'input-ready', slot, epoch, batch }),
      computing: () => dispatch({ type: 'computing', slot, epoch }),
      exited: (message) => dispatch({ type: 'sandbox-exit', slot, epoch, message }),
    };
  }

  #onMessage(slot: number, epoch: number, message: JobMessage): void {
    const { dispatch, clock, stats } = this.#options;
    if (message.type === 'outcomes') {
      stats.sliceReached(slot, message.first + message.count - (message.done ? 1 : 0));
      return dispatch({ ...message, slot, epoch });
    }
    const poolSlot = this.#slots[slot];
    if (poolSlot?.epoch !== epoch) return;
    if (!poolSlot.messages.take(clock.monotonicMs())) {
      const text = 'The sandbox posted more messages than the limit allows.';
      return dispatch({ type: 'sandbox-exit', slot, epoch, message: text });
    }
    if (message.type === 'console') return this.#onConsole(slot, poolSlot.jobId, message);
    dispatch({ ...message, slot, epoch });
  }

  #onConsole(slot: number, jobId: string, message: Extract<JobMessage, { type: 'console' }>): void {
    const { clock, link, events } = this.#options;
    const { sliceNumber, level, message: text, same } = message;
    const lease = this.#leaseOf(slot, jobId, sliceNumber);
    const nowMs = clock.monotonicMs();
    if (
      lease === undefined ||
      !this.#consoleMessages.take(nowMs) ||
      !this.#consoleBytes.take(nowMs, text.length)
    )
      return;
    const shown = { sliceNumber, level, message: text, ...(same === undefined ? {} : { same }) };
    events.emit('console', { sandbox: slot, jobId, ...shown });
    link.notify({ type: 'slice.console', leaseId: lease.leaseId, ...shown });
  }

  /** The lease of a slice, including slices that are reported but not acknowledged: console output may follow the outcome. */
  #leaseOf(slot: number, jobId: string, sliceNumber: number): LeaseState | undefined {
    for (const lease of this.#options.core.leases.values()) {
      if (lease.slot !== slot || lease.jobId !== jobId) continue;
      if (sliceNumber >= lease.first && sliceNumber < lease.end) return lease;
    }
    return undefined;
  }
}
