/**
 * Executes what the core decides: talks to the scheduler, starts and feeds sandboxes, keeps time; and tells the core
 * what became of it. It decides nothing itself.
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
import type { Blobs } from './assets/blob-client.js';
import type { CoreEvent, Effect } from './core/events.js';
import { isBusy, newCoreState, needsTick } from './core/state.js';
import type { CoreState, Tuning } from './core/state.js';
import { step } from './core/step.js';
import { TICK_MS } from './core/watch.js';
import type { JobBytes } from './inputs/job-bytes.js';
import type { Jobs } from './assets/job-package-cache.js';
import { LeaseInputs } from './inputs/lease-inputs.js';
import type { RemoteInputs } from './inputs/remote-inputs.js';
import { Reports } from './reports.js';
import type { Newcomer } from './options/resolve-options.js';
import { SandboxDesk } from './sandboxes/sandbox-pool.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';
import type { SchedulerLink } from '../client/scheduler-link.js';
import type { WarmPolicy } from './options/option-checks.js';
import { Tally } from './controls/worker-stats.js';
import { Warmth } from './sandboxes/start/start-policy.js';
import type { WorkerEvents, WorkerStatus } from './options/worker-events.js';
import type { WorktimeHealth } from './sandboxes/worktime-health.js';

export interface SupervisorPorts {
  link: SchedulerLink;
  host: SandboxHost;
  clock: Clock;
  random: Random;
  jobs: Jobs;
  blobs: Blobs;
  remotes: RemoteInputs;
  events: Emitter<WorkerEvents>;
  health: WorktimeHealth;
  jobBytes: JobBytes;
  /** @default 'cold' */
  policy?: WarmPolicy;
  /** Where snapshots outlive the worker; nowhere when absent. */
  store?: AssetStore;
  /** Why that job does not run here now; undefined where it may. */
  objection: (jobId: JobId, digest: Digest) => string | undefined;
}

/** What of the scheduler's notices concerns a worker's leases. */
export type LeaseNotice = Extract<
  SchedulerMessage,
  { type: 'lease.grant' | 'lease.recall' | 'lease.revoke' }
>;

/** After `halt`: how long the scheduler may take to hear of what is handed back, milliseconds. */
const HALT_MS_MAX = 2_000;

export class Supervisor {
  readonly #ports: SupervisorPorts;
  readonly #core: CoreState;
  readonly #desk: SandboxDesk;
  readonly #reports: Reports;
  readonly #tally: Tally;
  readonly #inputs = new Map<LeaseId, LeaseInputs>();
  /** What of each lease has not gone back: the slice behind its last. */
  readonly #ends = new Map<LeaseId, { readonly jobId: JobId; readonly end: number }>();
  /** Requests whose answers only matter in that they come. */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #queue: CoreEvent[] = [];
  readonly #drained = deferred();
  #stepping = false;
  #cancelTick: CancelTimer | undefined;

  constructor(slots: number, ports: SupervisorPorts, tuning?: Partial<Tuning>) {
    this.#ports = ports;
    this.#core = newCoreState(slots, tuning);
    this.#tally = new Tally(slots, ports.events);
    this.#reports = new Reports(ports.link, ports.blobs);
    const warmth = new Warmth({
      ...ports,
      policy: ports.policy ?? 'cold',
      cores: slots,
      worktimeFiles: (worktime) => ports.jobs.worktimeFiles(worktime),
      warn: (error) => this.#warn(error),
      isBusy: () => isBusy(this.#core),
      changed: () => this.#desk.warmthChanged(),
    });
    this.#desk = new SandboxDesk({
      ...ports,
      warmth,
      core: this.#core,
      tally: this.#tally,
      dispatch: (e) => this.#dispatch(e),
    });
  }

  get status(): Omit<WorkerStatus, 'bytesToday'> {
    return this.#tally.status;
  }

  /** The jobs whose code is in a sandbox now. */
  get here(): Newcomer[] {
    return this.#desk.jobs.map(({ owner, jobId, package: { public: about } }) => {
      return { owner, jobId, public: about };
    });
  }

  /** What the owner of the machine allows from now on. */
  allow(allowed: { cores: number; share: number; paused: boolean }): void {
    this.#tally.resize(allowed.cores);
    if (allowed.paused) this.#desk.forget();
    this.#dispatch({ type: 'allow', ...allowed });
  }

  /** Stops what runs of a job, and hands it back. */
  refuse(jobId: JobId, reason: string): void {
    this.#desk.forget(jobId);
    this.#dispatch({ type: 'refuse', jobId, reason });
  }

  /** Stops what runs of jobs whose input comes from elsewhere than these origins, and hands it back. */
  allowOrigins(origins: readonly string[], reason: string): void {
    for (const { jobId, package: job } of this.#desk.jobs) {
      if (job.origins?.every((origin) => origins.includes(origin)) === false) this.refuse(jobId, reason);
    }
  }

  /** The connection came, or went. */
  setOnline(online: boolean): void {
    this.#dispatch({ type: online ? 'online' : 'offline' });
  }

  notice(message: LeaseNotice): void {
    switch (message.type) {
      case 'lease.grant':
        return this.#granted(message.request, message.lease);
      case 'lease.recall':
        return this.#dispatch({
          type: 'recall',
          leaseId: message.leaseId,
          isWarm: message.isRequesterWarm === true,
        });
      case 'lease.revoke':
        return this.#dispatch({ type: 'lost', leaseId: message.leaseId });
    }
  }

  /**
   * Takes no more work, hands back what has not begun, finishes what has within `graceMs`, then hands back the rest.
   * Resolves when the scheduler knows it all, or could not be told in time.
   */
  async stop(graceMs: number): Promise<void> {
    if (graceMs > 0) {
      this.#dispatch({ type: 'drain' });
      await this.#within(graceMs, this.#drained.promise);
    }
    this.#dispatch({ type: 'halt', reason: 'The worker is stopping.' });
    await this.#within(HALT_MS_MAX, this.#settled());
    this.#cancelTick?.();
    this.#desk.close();
  }

  /** Hands everything back without waiting for anything: the process is about to go. */
  halt(reason: string): void {
    this.#dispatch({ type: 'halt', reason });
  }

  async #settled(): Promise<void> {
    await this.#drained.promise;
    await Promise.allSettled([...this.#pending]);
  }

  async #within(ms: number, promise: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const limit = delay(this.#ports.clock, ms, over.signal).catch(() => undefined);
    await Promise.race([promise, limit]);
    over.abort(new ManyhandsError('ABORTED', 'It settled in time.'));
  }

  #granted(want: number, lease: Lease): void {
    const { leaseId, jobId, first, count, packageDigest } = lease;
    if (this.#inputs.has(leaseId)) return;
    this.#ends.set(leaseId, { jobId, end: first + count });
    const reason = this.#ports.objection(jobId, packageDigest);
    if (reason !== undefined) return this.#dispatch({ type: 'decline', want, leaseId, first, reason });
    let inputs: LeaseInputs;
    try {
      inputs = new LeaseInputs(lease);
    } catch (error) {
      this.#warn(error);
      return this.#return(
        leaseId,
        first,
        error instanceof Error ? error.message : 'Its inputs are malformed.',
      );
    }
    this.#inputs.set(leaseId, inputs);
    this.#ports.jobBytes.add(jobId, inputs.byteLength);
    this.#ports.events.emit('fetch', { jobId, first, count });
    const { leaseMs, estimatedSliceMs: sliceMs } = lease;
    const { heavy } = inputs;
    this.#dispatch({
      type: 'grant',
      want,
      lease: { leaseId, jobId, packageDigest, first, count, leaseMs, sliceMs, heavy },
    });
  }

  /** One event after the other: what an effect causes at once waits for its turn. */
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
      case 'want': {
        const { want, idle, warm } = effect;
        return link.notify({ type: 'lease.request', request: want, idle, ...this.#desk.warmFor(warm) });
      }
      case 'unwant':
        return link.notify({ type: 'lease.withdraw', request: effect.want });
      case 'prepare':
        return jobs.prepare(effect.jobId, effect.packageDigest);
      case 'open-sandbox':
        return this.#desk.open(effect);
      case 'kill-sandbox':
        return this.#desk.kill(effect.slot, effect.gen, effect.isIdle);
      case 'sandbox-rest':
        return this.#desk.rest(effect.slot, effect.gen);
      case 'probe-sandbox':
        return this.#desk.probe(effect.slot, effect.gen, effect.withinMs);
      case 'sandbox-idle':
        return this.#desk.idle(effect.slot, effect.gen);
      case 'feed': {
        const inputs = this.#inputs.get(effect.leaseId);
        if (inputs !== undefined) this.#desk.feed(effect, inputs.cut(effect.first, effect.count));
        return;
      }
      case 'report':
        return this.#report(effect);
      case 'return':
        return this.#return(effect.leaseId, effect.from, effect.reason);
      case 'renew':
        return this.#renew(effect.leaseIds);
      case 'lease-over':
        this.#ports.remotes.drop(effect.leaseId);
        this.#inputs.delete(effect.leaseId);
        this.#ends.delete(effect.leaseId);
        return;
      case 'began':
        return this.#tally.began(effect.slot, effect.jobId, effect.sliceNumber);
      case 'progressed':
        return this.#desk.progressed(effect);
      case 'trouble':
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
    const sent = this.#reports.send({ leaseId, first, count, computeMs, segment, failure: loss });
    sent.then(
      ({ paid }) => {
        this.#tally.reported(jobId, { first, count, failed, computeMs }, paid);
        this.#dispatch({ type: 'reported', report });
      },
      (error: unknown) => {
        const known = isError(error, 'LEASE_LOST');
        if (!known && !isError(error, 'CLOSED')) this.#warn(error);
        this.#dispatch({ type: 'report-failed', report, lost: known });
      },
    );
  }

  #return(leaseId: LeaseId, from: number, reason: string): void {
    const cut = reason.slice(0, REASON_LENGTH_MAX);
    this.#ports.remotes.drop(leaseId, from);
    this.#inputs.get(leaseId)?.shorten(from);
    const { jobId, end } = this.#ends.get(leaseId) ?? { jobId: '', end: from };
    this.#ends.set(leaseId, { jobId, end: from });
    if (end > from) this.#ports.events.emit('return', { jobId, first: from, count: end - from, reason: cut });
    // A refusal says that the scheduler has it back already.
    this.#keep(
      this.#ports.link.request('lease.release', { leaseId, from, reason: cut }).catch(() => undefined),
    );
  }

  #renew(leaseIds: LeaseId[]): void {
    const renewed = this.#ports.link.request('lease.renew', { leaseIds }).then(
      ({ expired }) => {
        for (const leaseId of expired) this.#dispatch({ type: 'lost', leaseId });
      },
      () => undefined,
    );
    this.#keep(renewed);
  }

  #keep(promise: Promise<unknown>): void {
    this.#pending.add(promise);
    void promise.finally(() => this.#pending.delete(promise));
  }

  #warn(error: unknown): void {
    const shown = error instanceof Error ? error : new Error(String(error));
    this.#ports.events.emit('warning', { error: shown });
  }
}
