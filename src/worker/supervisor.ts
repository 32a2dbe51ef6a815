/**
 * Passes events to the core, one at a time, and turns each effect that the core returns into a call: to the scheduler, a
 * lease, a sandbox or a timer. All decisions are made in the core.
 * @module
 */
import type { CancelTimer, Clock } from '../lib/clock.js';
import { delay } from '../lib/clock.js';
import { deferred } from '../lib/deferred.js';
import type { Emitter } from '../lib/events.js';
import { ManyhandsError } from '../lib/errors.js';
import type { Random } from '../lib/crypto/random.js';
import type { Digest, JobId, Lease, SchedulerMessage } from '../protocol/messages/messages.js';
import type { SchedulerRequests } from '../client/connection/scheduler-requests.js';
import type { AssetStore } from './assets/asset-store.js';
import type { BlobCache } from './assets/blob-cache.js';
import type { JobPackageCache } from './assets/job-package-cache.js';
import { SliceActivity } from './controls/slice-activity.js';
import { WorkerStats } from './controls/worker-stats.js';
import type { CoreEvent, Effect } from './core/events.js';
import { WorkerCore } from './core/step.js';
import { TICK_MS, type Tuning } from './core/tuning.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';
import type { JobBytes } from './inputs/job-bytes.js';
import { LeaseInputs } from './leases/lease-inputs.js';
import { SliceCheckpoints } from './leases/slice-checkpoints.js';
import { LeaseRequests } from './leases/lease-requests.js';
import type { WorkerLeases } from './leases/worker-leases.js';
import type { WarmPolicy } from './options/option-checks.js';
import type { JobOwnerRequest } from './options/resolve-options.js';
import type { WorkerEvents, WorkerStatus } from './options/worker-events.js';
import { SandboxPool } from './sandboxes/sandbox-pool.js';
import { WarmStartPolicy } from './sandboxes/start/start-policy.js';
import type { WorktimeHealth } from './sandboxes/worktime-health.js';

export interface SupervisorPorts {
  client: SchedulerRequests;
  host: SandboxHost;
  clock: Clock;
  random: Random;
  jobs: JobPackageCache;
  blobs: BlobCache;
  leases: WorkerLeases;
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

/** After `halt`: maximum wait for the scheduler to acknowledge what is released, milliseconds. */
const HALT_MS_MAX = 2_000;

export class Supervisor {
  readonly #ports: SupervisorPorts;
  readonly #core: WorkerCore;
  readonly #pool: SandboxPool;
  readonly #stats: WorkerStats;
  readonly #activity: SliceActivity;
  readonly #requests: LeaseRequests;
  readonly #checkpoints: SliceCheckpoints;
  readonly #queue: CoreEvent[] = [];
  readonly #drained = deferred();
  #stepping = false;
  #cancelTick: CancelTimer | undefined;

  constructor(slots: number, ports: SupervisorPorts, tuning?: Partial<Tuning>) {
    this.#ports = ports;
    this.#core = new WorkerCore(slots, tuning);
    const stats = new WorkerStats(slots, ports.events);
    this.#stats = stats;
    this.#activity = new SliceActivity({ ...ports, stats });
    const dispatch = (event: CoreEvent): void => this.#dispatch(event);
    const warn = (error: unknown): void => this.#warn(error);
    this.#requests = new LeaseRequests({ ...ports, stats, dispatch, warn });
    this.#checkpoints = new SliceCheckpoints({
      ...ports,
      answer: (effect, saved) => this.#pool.checkpointed(effect, saved),
    });
    const startPolicy = new WarmStartPolicy({
      ...ports,
      policy: ports.policy ?? 'cold',
      cores: slots,
      worktimeFiles: (worktime) => ports.jobs.worktimeFiles(worktime),
      warn,
      isBusy: () => this.#core.isBusy,
      changed: () => this.#pool.warmStateChanged(),
    });
    this.#pool = new SandboxPool({ ...ports, startPolicy, stats, dispatch });
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

  /** Handles what the scheduler sends about leases; other notices are not for a worker. */
  notice(message: SchedulerMessage): void {
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
        return this.#dispatch({ type: 'lease-revoked', leaseId: message.leaseId });
      default:
        return;
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
    this.#ports.leases.close();
  }

  /** Releases all leases without waiting for replies: the process is about to end. */
  halt(reason: string): void {
    this.#dispatch({ type: 'halt', reason });
  }

  async #allReleased(): Promise<void> {
    await this.#drained.promise;
    await this.#requests.settled();
  }

  async #within(ms: number, promise: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const limit = delay(this.#ports.clock, ms, over.signal).catch(() => undefined);
    await Promise.race([promise, limit]);
    over.abort(new ManyhandsError('ABORTED', 'It completed in time.'));
  }

  #onGrant(request: number, lease: Lease): void {
    const { leaseId, jobId, first, count, packageDigest, leaseMs, estimatedSliceMs } = lease;
    const { leases, rejectionReason, jobBytes, events } = this.#ports;
    if (leases.get(leaseId) !== undefined) return;
    const decline = (reason: string): void =>
      this.#dispatch({ type: 'decline', request, leaseId, jobId, first, count, reason });
    const reason = rejectionReason(jobId, packageDigest);
    if (reason !== undefined) return decline(reason);
    let inputs: LeaseInputs;
    try {
      inputs = new LeaseInputs(lease);
    } catch (error) {
      this.#warn(error);
      return decline(error instanceof Error ? error.message : 'Its inputs are malformed.');
    }
    leases.add(leaseId, inputs, lease.checkpoint);
    jobBytes.add(jobId, inputs.byteLength);
    events.emit('fetch', { jobId, first, count });
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
        for (const effect of this.#core.step(next, this.#ports.clock.monotonicMs())) this.#execute(effect);
      }
    } finally {
      this.#stepping = false;
    }
    this.#keepTicking();
  }

  #keepTicking(): void {
    if (this.#cancelTick !== undefined || !this.#core.needsTick) return;
    this.#cancelTick = this.#ports.clock.after(TICK_MS, () => {
      this.#cancelTick = undefined;
      this.#dispatch({ type: 'tick' });
    });
  }

  #execute(effect: Effect): void {
    const { client, jobs, leases } = this.#ports;
    switch (effect.type) {
      case 'request-lease': {
        const { request, idle, warm } = effect;
        return client.notify({ type: 'lease.request', request, idle, ...this.#pool.warmStateFor(warm) });
      }
      case 'cancel-request':
        return client.notify({ type: 'lease.withdraw', request: effect.request });
      case 'prepare':
        return jobs.prepare(effect.jobId, effect.packageDigest);
      case 'dispatch': {
        const lease = leases.get(effect.leaseId);
        if (lease !== undefined) this.#pool.runBatch(effect, lease);
        return;
      }
      case 'report':
        return this.#requests.report(effect);
      case 'release':
        return this.#requests.release(effect);
      case 'renew':
        return this.#requests.renew(effect.leaseIds);
      case 'lease-over':
        return leases.end(effect.leaseId);
      case 'began':
        return this.#stats.sliceStarted(effect.slot, effect.jobId, effect.sliceNumber);
      case 'progressed':
        return this.#activity.progressed(effect);
      case 'emitted':
        return this.#activity.emitted(effect);
      case 'checkpoint':
        return this.#checkpoints.save(effect);
      case 'printed':
        return this.#activity.printed(effect);
      case 'warning':
        return this.#warn(new ManyhandsError(effect.code, effect.message, { jobId: effect.jobId }));
      case 'drained':
        return this.#drained.resolve();
      default:
        return this.#pool.execute(effect);
    }
  }

  #warn(error: unknown): void {
    const shown = error instanceof Error ? error : new Error(String(error));
    this.#ports.events.emit('warning', { error: shown });
  }
}
