/**
 * Executes the core's effects: sends messages to the scheduler, starts sandboxes and runs batches in them, sets timers;
 * and passes the results back to the core as events. All decisions are made in the core.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import { delay } from '../lib/clock.js';
import { deferred } from '../lib/deferred.js';
import type { Emitter } from '../lib/events.js';
import { isError, ManyhandsError } from '../lib/errors.js';
import type { Random } from '../lib/crypto/random.js';
import { ERROR_TEXT_LENGTH_MAX, REASON_LENGTH_MAX } from '../protocol/limits.js';
import type { Digest, JobId, Lease, LeaseId, SchedulerMessage } from '../protocol/messages/messages.js';
import { errorsIn } from '../protocol/segment/segment.js';
import type { AssetStore } from './assets/asset-store.js';
import type { BlobCache } from './assets/blob-cache.js';
import type { CoreEvent, Effect } from './core/events.js';
import { isBusy, newCoreState, needsTick } from './core/state.js';
import type { CoreState, Tuning } from './core/state.js';
import { step } from './core/step.js';
import { TICK_MS } from './core/timeouts.js';
import type { JobBytes } from './inputs/job-bytes.js';
import type { JobPackageCache } from './assets/job-package-cache.js';
import { LeaseInputs } from './inputs/lease-inputs.js';
import type { RemoteInputs } from './inputs/remote-inputs.js';
import { ReportSender } from './report-sender.js';
import type { JobOwnerRequest } from './options/resolve-options.js';
import { SandboxPool } from './sandboxes/sandbox-pool.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';
import type { SchedulerRequests } from '../client/connection/scheduler-requests.js';
import type { WarmPolicy } from './options/option-checks.js';
import { WorkerStats } from './controls/worker-stats.js';
import { WarmStartPolicy } from './sandboxes/start/start-policy.js';
import type { WorkerEvents, WorkerStatus } from './options/worker-events.js';
import type { WorktimeHealth } from './sandboxes/worktime-health.js';

export interface SupervisorPorts {
  link: SchedulerRequests;
  host: SandboxHost;
  clock: Clock;
  random: Random;
  jobs: JobPackageCache;
  blobs: BlobCache;
  remotes: RemoteInputs;
  events: Emitter<WorkerEvents>;
  health: WorktimeHealth;
  jobBytes: JobBytes;
  /** @default 'cold' */
  policy?: WarmPolicy;
  /** Where snapshots are kept beyond the life of the worker; absent: they are not. */
  store?: AssetStore;
  /** Why the job may not run here now; undefined where it may. */
  rejectionReason: (jobId: JobId, digest: Digest) => string | undefined;
}

/** Notices of the scheduler about a worker's leases. */
export type LeaseNotice = Extract<
  SchedulerMessage,
  { type: 'lease.grant' | 'lease.recall' | 'lease.revoke' }
>;

/** After `halt`: maximum wait for the scheduler to acknowledge what is released, milliseconds. */
const HALT_MS_MAX = 2_000;

export class Supervisor {
  readonly #ports: SupervisorPorts;
  readonly #core: CoreState;
  readonly #pool: SandboxPool;
  readonly #reportSender: ReportSender;
  readonly #stats: WorkerStats;
  readonly #inputs = new Map<LeaseId, LeaseInputs>();
  /** For each lease, the end (exclusive) of the slices that were not released. */
  readonly #leaseEnds = new Map<LeaseId, { readonly jobId: JobId; readonly end: number }>();
  /** Pending requests whose replies do not matter, only that they arrive. */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #queue: CoreEvent[] = [];
  readonly #drained = deferred();
  #stepping = false;
  #cancelTick: CancelTimer | undefined;

  constructor(slots: number, ports: SupervisorPorts, tuning?: Partial<Tuning>) {
    this.#ports = ports;
    this.#core = newCoreState(slots, tuning);
    this.#stats = new WorkerStats(slots, ports.events);
    this.#reportSender = new ReportSender(ports.link, ports.blobs);
    const startPolicy = new WarmStartPolicy({
      ...ports,
      policy: ports.policy ?? 'cold',
      cores: slots,
      worktimeFiles: (worktime) => ports.jobs.worktimeFiles(worktime),
      warn: (error) => this.#warn(error),
      isBusy: () => isBusy(this.#core),
      changed: () => this.#pool.warmStateChanged(),
    });
    this.#pool = new SandboxPool({
      ...ports,
      startPolicy,
      core: this.#core,
      stats: this.#stats,
      dispatch: (e) => this.#dispatch(e),
    });
  }

  get status(): Omit<WorkerStatus, 'bytesToday'> {
    return this.#stats.status;
  }

  /** The jobs whose code is loaded in a sandbox now. */
  get loadedJobs(): JobOwnerRequest[] {
    return this.#pool.jobs.map(({ owner, jobId, package: { public: about } }) => {
      return { owner, jobId, public: about };
    });
  }

  /** Applies the owner's limits. */
  setLimits(limits: { cores: number; share: number; paused: boolean }): void {
    this.#stats.resize(limits.cores);
    if (limits.paused) this.#pool.dropIdle();
    this.#dispatch({ type: 'limits', ...limits });
  }

  /** Stops a job at once and releases its leases. */
  refuse(jobId: JobId, reason: string): void {
    this.#pool.dropIdle(jobId);
    this.#dispatch({ type: 'refuse', jobId, reason });
  }

  /** Stops the jobs that take input from an origin which is not in the list, and releases their leases. */
  allowOrigins(origins: readonly string[], reason: string): void {
    for (const { jobId, package: job } of this.#pool.jobs) {
      if (job.origins?.every((origin) => origins.includes(origin)) === false) this.refuse(jobId, reason);
    }
  }

  /** Reports whether the scheduler is connected. */
  setOnline(online: boolean): void {
    this.#dispatch({ type: online ? 'online' : 'offline' });
  }

  notice(message: LeaseNotice): void {
    switch (message.type) {
      case 'lease.grant':
        return this.#onGrant(message.request, message.lease);
      case 'lease.recall':
        return this.#dispatch({
          type: 'recall',
          leaseId: message.leaseId,
          isWarm: message.isRequesterWarm === true,
        });
      case 'lease.revoke':
        return this.#dispatch({ type: 'lease-lost', leaseId: message.leaseId });
    }
  }

  /**
   * Accepts no more work, releases slices that have not started, lets the others finish within `graceMs`, then releases
   * the rest. Resolves when the scheduler has acknowledged everything, or after a timeout.
   */
  async stop(graceMs: number): Promise<void> {
    if (graceMs > 0) {
      this.#dispatch({ type: 'drain' });
      await this.#within(graceMs, this.#drained.promise);
    }
    this.#dispatch({ type: 'halt', reason: 'The worker is stopping.' });
    await this.#within(HALT_MS_MAX, this.#allReleased());
    this.#cancelTick?.();
    this.#pool.close();
  }

  /** Releases all leases without waiting for replies: the process is about to end. */
  halt(reason: string): void {
    this.#dispatch({ type: 'halt', reason });
  }

  async #allReleased(): Promise<void> {
    await this.#drained.promise;
    await Promise.allSettled([...this.#pending]);
  }

  async #within(ms: number, promise: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const limit = delay(this.#ports.clock, ms, over.signal).catch(() => undefined);
    await Promise.race([promise, limit]);
    over.abort(new ManyhandsError('ABORTED', 'It completed in time.'));
  }

  #onGrant(request: number, lease: Lease): void {
    const { leaseId, jobId, first, count, packageDigest } = lease;
    if (this.#inputs.has(leaseId)) return;
    this.#leaseEnds.set(leaseId, { jobId, end: first + count });
    const reason = this.#ports.rejectionReason(jobId, packageDigest);
    if (reason !== undefined) return this.#dispatch({ type: 'decline', request, leaseId, first, reason });
    let inputs: LeaseInputs;
    try {
      inputs = new LeaseInputs(lease);
    } catch (error) {
      this.#warn(error);
      return this.#release(
        leaseId,
        first,
        error instanceof Error ? error.message : 'Its inputs are malformed.',
      );
    }
    this.#inputs.set(leaseId, inputs);
    this.#ports.jobBytes.add(jobId, inputs.byteLength);
    this.#ports.events.emit('fetch', { jobId, first, count });
    const { leaseMs, estimatedSliceMs } = lease;
    const { needsFetch } = inputs;
    this.#dispatch({
      type: 'grant',
      request,
      lease: { leaseId, jobId, packageDigest, first, count, leaseMs, estimatedSliceMs, needsFetch },
    });
  }

  /** Events are handled one at a time: an event caused by an effect is queued. */
  #dispatch(event: CoreEvent): void {
    this.#queue.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (const effect of step(this.#core, next, this.#ports.clock.monotonicMs())) this.#execute(effect);
      }
    } finally {
      this.#stepping = false;
    }
    this.#keepTicking();
  }

  #keepTicking(): void {
    if (this.#cancelTick !== undefined || !needsTick(this.#core)) return;
    this.#cancelTick = this.#ports.clock.after(TICK_MS, () => {
      this.#cancelTick = undefined;
      this.#dispatch({ type: 'tick' });
    });
  }

  #execute(effect: Effect): void {
    const { link, jobs } = this.#ports;
    switch (effect.type) {
      case 'request-lease': {
        const { request, idle, warm } = effect;
        return link.notify({ type: 'lease.request', request, idle, ...this.#pool.warmStateFor(warm) });
      }
      case 'cancel-request':
        return link.notify({ type: 'lease.withdraw', request: effect.request });
      case 'prepare':
        return jobs.prepare(effect.jobId, effect.packageDigest);
      case 'open-sandbox':
        return this.#pool.open(effect);
      case 'kill-sandbox':
        return this.#pool.kill(effect.slot, effect.epoch, effect.isIdle);
      case 'quiesce-sandbox':
        return this.#pool.quiesce(effect.slot, effect.epoch);
      case 'probe-sandbox':
        return this.#pool.probe(effect.slot, effect.epoch, effect.withinMs);
      case 'sandbox-idle':
        return this.#pool.idle(effect.slot, effect.epoch);
      case 'dispatch': {
        const inputs = this.#inputs.get(effect.leaseId);
        if (inputs !== undefined) this.#pool.runBatch(effect, inputs.slice(effect.first, effect.count));
        return;
      }
      case 'report':
        return this.#report(effect);
      case 'release':
        return this.#release(effect.leaseId, effect.from, effect.reason);
      case 'renew':
        return this.#renew(effect.leaseIds);
      case 'lease-over':
        this.#ports.remotes.drop(effect.leaseId);
        this.#inputs.delete(effect.leaseId);
        this.#leaseEnds.delete(effect.leaseId);
        return;
      case 'began':
        return this.#stats.sliceStarted(effect.slot, effect.jobId, effect.sliceNumber);
      case 'progressed':
        return this.#pool.progressed(effect);
      case 'warning':
        return this.#warn(new ManyhandsError(effect.code, effect.message, { jobId: effect.jobId }));
      case 'drained':
        return this.#drained.resolve();
    }
  }

  #report(effect: Extract<Effect, { type: 'report' }>): void {
    const { report, leaseId, first, count, computeMs, segment, lost } = effect;
    const jobId = this.#core.reports.get(report)?.lease.jobId ?? '';
    const failed = segment === undefined ? 0 : errorsIn(segment);
    this.#ports.jobBytes.add(jobId, segment?.byteLength ?? 0);
    const loss = lost && { code: lost.code, message: lost.message.slice(0, ERROR_TEXT_LENGTH_MAX) };
    const sent = this.#reportSender.send({ leaseId, first, count, computeMs, segment, failure: loss });
    sent.then(
      ({ paid }) => {
        this.#stats.reported(jobId, { first, count, failed, computeMs }, paid);
        this.#dispatch({ type: 'reported', report });
      },
      (error: unknown) => {
        const isLost = isError(error, 'LEASE_LOST');
        if (!isLost && !isError(error, 'CLOSED')) this.#warn(error);
        this.#dispatch({ type: 'report-failed', report, leaseLost: isLost });
      },
    );
  }

  #release(leaseId: LeaseId, from: number, reason: string): void {
    const text = reason.slice(0, REASON_LENGTH_MAX);
    this.#ports.remotes.drop(leaseId, from);
    this.#inputs.get(leaseId)?.truncate(from);
    const { jobId, end } = this.#leaseEnds.get(leaseId) ?? { jobId: '', end: from };
    this.#leaseEnds.set(leaseId, { jobId, end: from });
    if (end > from)
      this.#ports.events.emit('return', { jobId, first: from, count: end - from, reason: text });
    // If the request is refused, the scheduler has the slices back already.
    this.#track(
      this.#ports.link.request('lease.release', { leaseId, from, reason: text }).catch(() => undefined),
    );
  }

  #renew(leaseIds: LeaseId[]): void {
    const renewed = this.#ports.link.request('lease.renew', { leaseIds }).then(
      ({ expired }) => {
        for (const leaseId of expired) this.#dispatch({ type: 'lease-lost', leaseId });
      },
      () => undefined,
    );
    this.#track(renewed);
  }

  #track(promise: Promise<unknown>): void {
    this.#pending.add(promise);
    void promise.finally(() => this.#pending.delete(promise));
  }

  #warn(error: unknown): void {
    const shown = error instanceof Error ? error : new Error(String(error));
    this.#ports.events.emit('warning', { error: shown });
  }
}
