/**
 * The worker's sandboxes at one desk: one runner a slot. What they say becomes events for the core; what they say
 * besides (console, progress) goes to the scheduler within its ration.
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
import type { Blobs } from '../assets/blob-client.js';
import type { CoreEvent, Effect } from '../core/events.js';
import type { CoreState, LeaseState } from '../core/state.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { Job, Jobs } from '../assets/job-package-cache.js';
import type { BatchInputs } from '../inputs/lease-inputs.js';
import { ParkedSandboxes } from './idle-sandboxes.js';
import type { RemoteInputs } from '../inputs/remote-inputs.js';
import { SandboxRunner } from './sandbox-runner.js';
import type { RunnerEvents } from './sandbox-runner.js';
import type { SchedulerLink } from '../../client/scheduler-link.js';
import type { Tally } from '../controls/worker-stats.js';
import type { Warmth } from './start/start-policy.js';
import type { WorkerEvents } from '../options/worker-events.js';
import type { WorktimeHealth } from './worktime-health.js';

/** Console text of one worker, bytes a second, and at once. */
const CONSOLE_BYTES_PER_SECOND = 256 * 1024;
const CONSOLE_BYTES_BURST = 1024 * 1024;
/** Signs (beginnings, progress, console) of one sandbox a second, and at once; an honest one stays far below. */
const SIGNS_PER_SECOND = 2_000;
const SIGNS_BURST = 10_000;
/** One that has nothing to do for so long is shown as idle, milliseconds: the gap between two leases is shorter. */
const IDLE_SHOWN_MS = 500;
/** What is warm is told anew at most so often, milliseconds. */
const WARM_TOLD_MS = 100;

export interface DeskOptions {
  link: SchedulerLink;
  clock: Clock;
  random: Random;
  jobs: Jobs;
  blobs: Blobs;
  remotes: RemoteInputs;
  events: Emitter<WorkerEvents>;
  core: CoreState;
  tally: Tally;
  warmth: Warmth;
  health: WorktimeHealth;
  jobBytes: JobBytes;
  dispatch: (event: CoreEvent) => void;
}

interface Seat {
  readonly gen: number;
  readonly jobId: string;
  readonly packageDigest: string;
  readonly runner: SandboxRunner;
  readonly signs: TokenBucket;
  progressMs: number;
  cancelIdle?: CancelTimer;
  isShownIdle?: boolean;
}

export class SandboxDesk {
  readonly #options: DeskOptions;
  readonly #seats: (Seat | undefined)[] = [];
  readonly #parked: ParkedSandboxes;
  readonly #consoleMessages: TokenBucket;
  readonly #consoleBytes: TokenBucket;
  #warmTold = '';
  #cancelTell: CancelTimer | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
    const { clock, warmth } = options;
    this.#parked = new ParkedSandboxes(clock, warmth.parkMax, warmth.keepMs, () => this.warmthChanged());
    const now = options.clock.monotonicMs();
    const perSecond = CONSOLE_MESSAGES_PER_SECOND_MAX;
    this.#consoleMessages = new TokenBucket(perSecond, perSecond, now);
    this.#consoleBytes = new TokenBucket(CONSOLE_BYTES_PER_SECOND, CONSOLE_BYTES_BURST, now);
  }

  /** The jobs whose code is here, in sandboxes at work and in those that are kept. */
  get jobs(): Job[] {
    const atWork = this.#seats.flatMap((seat) => seat?.runner.job ?? []);
    return [...atWork, ...this.#parked.jobs];
  }

  /** What starts at once, or soon, for a slot whose sandbox has that job. */
  warmFor(warm: JobId | undefined): WarmState {
    const jobs = new Set(this.#parked.jobs.reverse().map(({ jobId }) => jobId));
    if (warm !== undefined) jobs.delete(warm);
    const { worktimes } = this.#options.warmth;
    return {
      ...(warm === undefined ? {} : { loadedJob: warm }),
      ...(jobs.size === 0 ? {} : { warmJobs: [...jobs].slice(0, WARM_JOBS_MAX) }),
      ...(worktimes.length === 0 ? {} : { warmWorktimes: worktimes.slice(0, WARM_WORKTIMES_MAX) }),
    };
  }

  /** Other sandboxes are kept, or other runtimes stand ready: wants that wait are said again, soon and in one go. */
  warmthChanged(): void {
    const { clock, dispatch } = this.#options;
    this.#cancelTell ??= clock.after(
      WARM_TOLD_MS,
      () => {
        this.#cancelTell = undefined;
        const now = JSON.stringify(this.warmFor(undefined));
        if (now === this.#warmTold) return;
        this.#warmTold = now;
        dispatch({ type: 'warmth' });
      },
      { background: true },
    );
  }

  open(effect: Extract<Effect, { type: 'open-sandbox' }>): void {
    const { slot, gen, jobId, packageDigest } = effect;
    const { tally, clock } = this.#options;
    const events = this.#eventsOf(slot, gen, jobId);
    const kept = this.#parked.take(jobId, packageDigest);
    const runner = kept ?? new SandboxRunner(this.#options, events);
    const signs = new TokenBucket(SIGNS_PER_SECOND, SIGNS_BURST, clock.monotonicMs());
    this.#seats[slot] = { gen, jobId, packageDigest, runner, signs, progressMs: -Infinity };
    tally.sandbox(slot, jobId, 'opening');
    if (kept === undefined) return void runner.open(jobId, packageDigest);
    kept.adopt(events);
  }

  /** Ends a sandbox; one that has nothing to do may be kept for the next lease of its job. */
  kill(slot: number, gen: number, isIdle = false): void {
    const seat = this.#seats[slot];
    if (seat?.gen !== gen) return;
    this.#seats[slot] = undefined;
    seat.cancelIdle?.();
    this.#options.tally.sandbox(slot, seat.jobId, 'ended', seat.runner.job);
    if (isIdle) this.#parked.put(seat.jobId, seat.packageDigest, seat.runner);
    else seat.runner.kill();
  }

  /** A sandbox has nothing to run now, be it for a moment. */
  rest(slot: number, gen: number): void {
    const seat = this.#seats[slot];
    if (seat?.gen === gen) seat.runner.rest();
  }

  /** A sandbox has nothing to do: it is kept as long as the policy says. */
  idle(slot: number, gen: number): void {
    const seat = this.#seats[slot];
    if (seat?.gen !== gen) return;
    const { dispatch, clock, warmth, tally } = this.#options;
    const show = (): void => {
      seat.isShownIdle = true;
      tally.sandbox(slot, seat.jobId, 'idle', seat.runner.job);
    };
    const stale = (): void => dispatch({ type: 'sandbox-stale', slot, gen });
    const cancels = [
      clock.after(IDLE_SHOWN_MS, show, { background: true }),
      clock.after(warmth.keepMs, stale, { background: true }),
    ];
    seat.cancelIdle = () => cancels.forEach((cancel) => cancel());
  }

  /** Nothing was heard of a slice for long: whether its sandbox computes is found out. */
  probe(slot: number, gen: number, withinMs: number): void {
    const seat = this.#seats[slot];
    if (seat?.gen === gen) seat.runner.probe(withinMs);
  }

  /** Ends what is kept of a job, or of all: it may not run here now. */
  forget(jobId?: string): void {
    this.#parked.drop(jobId);
  }

  feed({ slot, gen, leaseId, batch, each }: Extract<Effect, { type: 'feed' }>, cut: BatchInputs): void {
    const seat = this.#seats[slot];
    if (seat?.gen !== gen) return;
    seat.cancelIdle?.();
    if (seat.isShownIdle) this.#options.tally.sandbox(slot, seat.jobId, 'ready', seat.runner.job);
    seat.isShownIdle = false;
    seat.runner.feed(leaseId, batch, cut, each);
  }

  /** Progress that the core took for true. */
  progressed(effect: Extract<Effect, { type: 'progressed' }>): void {
    const { slot, leaseId, jobId, sliceNumber, progress } = effect;
    const { clock, link, tally } = this.#options;
    const seat = this.#seats[slot];
    const nowMs = clock.monotonicMs();
    if (seat === undefined || nowMs - seat.progressMs < PROGRESS_INTERVAL_MS / 2) return;
    seat.progressMs = nowMs;
    tally.progressed(slot, jobId, sliceNumber, progress);
    const known = progress === undefined ? {} : { progress };
    link.notify({ type: 'slice.progress', leaseId, sliceNumber, ...known });
  }

  /** Ends all sandboxes. */
  close(): void {
    this.#seats.forEach((seat, slot) => seat !== undefined && this.kill(slot, seat.gen));
    this.#parked.drop();
    this.#cancelTell?.();
    this.#options.warmth.close();
  }

  #eventsOf(slot: number, gen: number, jobId: string): RunnerEvents {
    const { dispatch, tally } = this.#options;
    return {
      ready: (job) => {
        tally.met(jobId, job.package.public);
        tally.sandbox(slot, jobId, 'ready', job);
        const { limits, isolation } = job.package;
        dispatch({ type: 'sandbox-ready', slot, gen, limits, fresh: isolation === 'slice' });
      },
      failed: (fault, message) => dispatch({ type: 'sandbox-failed', slot, gen, fault, message }),
      said: (message) => this.#onSaid(slot, gen, message),
      starved: (batch, fault, message, code) =>
        dispatch({ type: 'input-failed', slot, gen, batch, fault, message, ...(code && { code }) }),
      served: (batch) => dispatch({ type: 'input-came', slot, gen, batch }),
      computes: () => dispatch({ type: 'computes', slot, gen }),
      exited: (message) => dispatch({ type: 'sandbox-exit', slot, gen, message }),
    };
  }

  #onSaid(slot: number, gen: number, message: JobMessage): void {
    const { dispatch, clock, tally } = this.#options;
    if (message.type === 'outcomes') {
      tally.reached(slot, message.first + message.count - (message.done ? 1 : 0));
      return dispatch({ ...message, slot, gen });
    }
    const seat = this.#seats[slot];
    if (seat?.gen !== gen) return;
    if (!seat.signs.take(clock.monotonicMs())) {
      const flood = 'The sandbox posted more messages than anybody could read.';
      return dispatch({ type: 'sandbox-exit', slot, gen, message: flood });
    }
    if (message.type === 'console') return this.#onConsole(slot, seat.jobId, message);
    dispatch({ ...message, slot, gen });
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
    const said = { sliceNumber, level, message: text, ...(same === undefined ? {} : { same }) };
    events.emit('console', { sandbox: slot, jobId, ...said });
    link.notify({ type: 'slice.console', leaseId: lease.leaseId, ...said });
  }

  /** Also one that is reported and not yet acknowledged: a word may come just behind the outcome. */
  #leaseOf(slot: number, jobId: string, sliceNumber: number): LeaseState | undefined {
    for (const lease of this.#options.core.leases.values()) {
      if (lease.slot !== slot || lease.jobId !== jobId) continue;
      if (sliceNumber >= lease.first && sliceNumber < lease.end) return lease;
    }
    return undefined;
  }
}
