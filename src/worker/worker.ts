/**
 * The public worker: runs once from `start()` to `stop()` and emits events. It connects the scheduler session to the
 * supervisor; entry points pass in clocks, sockets and stores.
 * @module
 */
import { Emitter } from '../lib/events.js';
import type { Listener } from '../lib/events.js';
import { fromWireError, ManyhandsError } from '../lib/errors.js';
import { newId } from '../lib/crypto/ids.js';
import type {
  Address,
  Hello,
  JobId,
  SchedulerMessage,
  WorkerRequests,
} from '../protocol/messages/messages.js';
import { SchedulerClient } from '../client/connection/scheduler-client.js';
import type { SessionState } from '../client/connection/session.js';
import { WORKTIMES } from '../worktimes/registry.js';
import { DescriptionUpdater } from './controls/description-updater.js';
import { AssetStore } from './assets/asset-store.js';
import { BlobCache } from './assets/blob-cache.js';
import { describeWorker } from './controls/describe-worker.js';
import { JobBytes } from './inputs/job-bytes.js';
import { readJobInfo } from './job-info.js';
import { JobPackageCache } from './assets/job-package-cache.js';
import type { LiveOptions } from './options/live-options.js';
import { RemoteInputs } from './inputs/remote-inputs.js';
import { resolveWorkerOptions } from './options/resolve-options.js';
import type { ResolvedWorkerOptions, WorkerOptions } from './options/resolve-options.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';
import { leaseRetryPolicy } from '../client/connection/scheduler-requests.js';
import { checkStop } from './options/stop-options.js';
import type { StopOptions } from './options/stop-options.js';
import { WorkerLeases } from './leases/worker-leases.js';
import { Supervisor } from './supervisor.js';
import { OwnerControls } from './controls/owner-controls.js';
import { WORKER_EVENTS } from './options/worker-events.js';
import type { WorkerPorts, WorkerContext } from './worker-ports.js';
import type { JobInfo, PaymentAccount, WorkerEvents, WorkerStatus } from './options/worker-events.js';
import { WorktimeHealth } from './sandboxes/worktime-health.js';

export type { WorkerPorts, WorkerContext } from './worker-ports.js';

/** `stopping`: releases its leases and sends pending reports. A stopped worker cannot be started again; create another. */
export type WorkerState = 'initial' | 'starting' | 'started' | 'stopping' | 'stopped';

export class BaseWorker {
  /** The worker's id at the scheduler, the same across reconnects. */
  readonly id: string;
  readonly #options: ResolvedWorkerOptions;
  readonly #ports: WorkerPorts;
  readonly #events = new Emitter<WorkerEvents>(WORKER_EVENTS);
  readonly #host: SandboxHost;
  readonly #store: AssetStore | undefined;
  readonly #blobs: BlobCache;
  /** Its bytes count towards the daily limit. */
  readonly #fetch: typeof fetch;
  readonly #client: SchedulerClient<WorkerRequests>;
  readonly #controls: OwnerControls;
  readonly #description: DescriptionUpdater;
  readonly #jobBytes = new JobBytes();
  #jobs: JobPackageCache | undefined;
  #health: WorktimeHealth | undefined;
  #owners: readonly Address[] | undefined;
  #state: WorkerState = 'initial';
  #supervisor: Supervisor | undefined;
  #stopping: Promise<void> | undefined;
  #cleanups: (() => void)[] = [];

  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT, or ISOLATION_UNAVAILABLE where this environment has no such sandbox */
  constructor(options: WorkerOptions, ports: WorkerPorts) {
    this.#options = resolveWorkerOptions(options, ports.defaults);
    this.#ports = ports;
    this.id = newId(ports.random);
    const { isolation, scheduler } = this.#options;
    const makeHost = ports.hosts[isolation];
    if (makeHost === undefined) {
      const there = Object.keys(ports.hosts).join(', ');
      const text = `There are no sandboxes of isolation '${isolation}' here; there are: ${there}.`;
      throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation });
    }
    const { clock, random } = ports;
    this.#description = new DescriptionUpdater({
      clock,
      isOpen: () => this.#client.state === 'open',
      send: () => this.#client.notify({ type: 'worker.update', worker: this.#describe() }),
    });
    this.#controls = this.#makeControls();
    this.#client = new SchedulerClient<WorkerRequests>({
      url: scheduler,
      connect: this.#controls.bandwidth.connect(ports.connect),
      clock,
      random,
      hello: () => this.#hello(),
      greet: this.#controls.groups.greet,
      notice: (message) => this.#onNotice(message),
      state: (state, error) => this.#onSession(state, error),
      stalled: (error) => this.#events.emit('warning', { error }),
      retryPolicy: leaseRetryPolicy,
      repeatsMax: 0,
    });
    this.#fetch = this.#controls.bandwidth.fetch(ports.fetch);
    this.#store = ports.assets && new AssetStore(ports.assets, clock);
    this.#blobs = new BlobCache({
      http: scheduler.http,
      fetch: this.#fetch,
      clock,
      random,
      client: this.#client,
      store: this.#store,
    });
    this.#host = makeHost(this.#context());
  }

  /** The name that its owner gave it; not sent to anybody. */
  get name(): string {
    return this.#options.name;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Counters since the start, and the state of each sandbox. */
  get status(): WorkerStatus {
    const { bytesToday } = this.#controls.bandwidth;
    const none = { slices: 0, failed: 0, computeMs: 0, earned: 0n, sandboxes: [] };
    return { ...none, ...this.#supervisor?.status, bytesToday };
  }

  /** The options that can change while it runs: setting a property takes effect at once. */
  get options(): LiveOptions {
    return this.#controls.live;
  }

  /** Reasons for which the worker is paused; empty while it works. `bytes` and `hours` are set by the worker itself. */
  get paused(): readonly string[] {
    return this.#controls.pauses.reasons;
  }

  /**
   * Accepts no more work and releases slices that have not started; running slices have one second to finish before they
   * are released too. Each reason counts once, and is removed by `unpause`.
   */
  pause(reason = 'user'): void {
    this.#controls.pauses.add(reason);
  }

  /** Removes a reason for the pause. */
  unpause(reason = 'user'): void {
    this.#controls.pauses.remove(reason);
  }

  /**
   * Stops a job, or all jobs of an owner, at once, and accepts none of them again.
   * @throws INVALID_ARGUMENT where the job id or the address is malformed
   */
  block(which: { jobId?: JobId; owner?: Address }): void {
    this.#controls.block(which);
  }

  /**
   * Discards the answers of `authorize`. The owners of loaded jobs are asked about at once: their jobs stop and are
   * released uncharged, unless `authorize` returns `true` synchronously.
   */
  reauthorize(): void {
    this.#controls.admission.reauthorize();
  }

  /** A former name of `reauthorize`. @deprecated removed in the next version */
  askAgain(): void {
    this.reauthorize();
  }

  /**
   * The current balances of `options.paymentAddress` at the scheduler; undefined without a payment address.
   * @throws CLOSED, TIMEOUT where there is no connection, and the scheduler's own errors
   */
  async account(): Promise<PaymentAccount | undefined> {
    const { paymentAddress } = this.options;
    if (paymentAddress === undefined) return undefined;
    return this.#client.request('account.show', { address: paymentAddress });
  }

  /**
   * Description and overall progress of a job that this worker has loaded.
   * @throws JOB_UNKNOWN where its package is not loaded here, and as `account`
   */
  async jobInfo(jobId: JobId): Promise<JobInfo> {
    return readJobInfo(this.#client, this.#jobs?.cached(jobId), jobId, this.#jobBytes);
  }

  /** Event names are case-insensitive. */
  on<K extends keyof WorkerEvents>(name: K, listener: Listener<WorkerEvents[K]>): this {
    this.#events.on(name, listener);
    return this;
  }

  once<K extends keyof WorkerEvents>(name: K, listener: Listener<WorkerEvents[K]>): this {
    this.#events.once(name, listener);
    return this;
  }

  off<K extends keyof WorkerEvents>(name: K, listener: Listener<WorkerEvents[K]>): this {
    this.#events.off(name, listener);
    return this;
  }

  /**
   * Connects and requests work; resolves when connected. Later disconnects are handled by reconnecting.
   * @throws INVALID_ARGUMENT when it was started before, CONNECT_FAILED, PROTOCOL_VERSION, ABORTED, and the error with
   *   which the scheduler ended the session during the start, such as BANNED
   */
  async start(): Promise<void> {
    if (this.#state !== 'initial') {
      const text = `This worker is ${this.#state}; a worker can be started once. Create another one.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { state: this.#state });
    }
    this.#state = 'starting';
    const { signal } = this.#options;
    try {
      this.#owners = await this.#resolveOwners();
      await this.#controls.bandwidth.load();
      await this.#controls.groups.prepare();
      this.#supervisor = this.#makeSupervisor(this.#owners);
      this.#controls.start();
      await this.#client.open(signal);
      if (this.#ports.testsSandboxes === true) await this.#test();
      // If the session ended meanwhile, for example by a ban, only the caller can be notified.
      if (this.#isState('starting') && this.#client.endError !== undefined) throw this.#client.endError;
    } catch (error) {
      await this.#close();
      throw error;
    }
    // `stop` was called during the start.
    if (!this.#isState('starting'))
      throw new ManyhandsError('ABORTED', 'The worker was stopped while it started.');
    this.#state = 'started';
    const abort = (): void => void this.stop({ force: true });
    signal?.addEventListener('abort', abort, { once: true });
    this.#cleanups.push(() => signal?.removeEventListener('abort', abort));
    if (this.#ports.onLeave) this.#cleanups.push(this.#ports.onLeave(abort));
    this.#events.emit('start', {});
    this.#supervisor.setOnline(this.#client.state === 'open');
  }

  /**
   * Accepts no more work, releases slices that have not started, lets sandboxes finish their batches for at most
   * `graceMs` milliseconds, reports the outcomes and closes. A second call with `force` ends the first one at once.
   * @throws INVALID_ARGUMENT where `graceMs` is not a number in its range
   */
  stop(options: StopOptions = {}): Promise<void> {
    const { force, graceMs } = checkStop(options);
    if (force) this.#supervisor?.halt('The worker is stopping.');
    this.#stopping ??= this.#stop(force ? 0 : graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const initial = this.#state;
    if (initial === 'stopped') return;
    this.#state = 'stopping';
    if (initial === 'started') await this.#supervisor?.stop(graceMs);
    await this.#close();
    if (initial === 'started') this.#events.emit('stop', {});
  }

  async #close(): Promise<void> {
    this.#state = 'stopped';
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    this.#description.close();
    this.#health?.close();
    await this.#client.close();
    await this.#controls.close();
    await this.#host.close();
  }

  #isState(state: WorkerState): boolean {
    return this.#state === state;
  }

  async #test(): Promise<void> {
    const missing = (await this.#health?.testSandboxes()) ?? [];
    for (const text of missing) {
      this.#events.emit('warning', { error: new ManyhandsError('ISOLATION_UNAVAILABLE', text) });
    }
    if (missing.length > 0) this.#description.changed();
  }

  #context(): WorkerContext {
    return { options: this.#options, blobs: this.#blobs, clock: this.#ports.clock };
  }

  async #resolveOwners(): Promise<readonly Address[] | undefined> {
    const { owners, isolation } = this.#options;
    // Threads do not isolate job code: without a list of owners only this machine's own jobs may run in them.
    if (owners === undefined && isolation === 'thread') return [await this.#ports.ownAddress()];
    return owners;
  }

  #makeSupervisor(owners: readonly Address[] | undefined): Supervisor {
    const worktimeFiles = this.#ports.worktimeFiles?.(this.#context()) ?? (() => Promise.resolve({}));
    const { clock, random, tuning } = this.#ports;
    const { admission, live } = this.#controls;
    const mayRun = (jobId: JobId, owner: Address): boolean => admission.mayRun(jobId, owner);
    const mayFetch = (origin: string): boolean => live.allowOrigins.includes(origin);
    const shared = { client: this.#client, blobs: this.#blobs, jobBytes: this.#jobBytes };
    const rules = { owners, mayRun, mayFetch };
    const jobs = new JobPackageCache({ ...shared, ...rules, worktimes: WORKTIMES, worktimeFiles });
    this.#jobs = jobs;
    const rejectionReason = admission.rejectionReason.bind(admission);
    const allowed = (): readonly string[] => live.allowOrigins;
    const remotes = new RemoteInputs({ ...shared, fetch: this.#fetch, clock, random, allowed });
    const leases = new WorkerLeases({ ...shared, remotes });
    const health = (this.#health = this.#makeHealth(jobs));
    const own = { host: this.#host, events: this.#events, store: this.#store, policy: this.#options.policy };
    const made = { clock, random, jobs, leases, health, rejectionReason };
    return new Supervisor(live.cores, { ...shared, ...own, ...made }, tuning);
  }

  #makeHealth(jobs: JobPackageCache): WorktimeHealth {
    return new WorktimeHealth(WORKTIMES, {
      host: this.#host,
      clock: this.#ports.clock,
      worktimeFiles: (worktime) => jobs.worktimeFiles(worktime),
      mayTest: () => this.#client.state === 'open' && !this.#controls.pauses.any,
      changed: (worktime) => {
        this.#description.changed();
        this.#events.emit('worktime', worktime);
      },
    });
  }

  #makeControls(): OwnerControls {
    const { clock, storage } = this.#ports;
    return new OwnerControls(this.#options, {
      workerId: this.id,
      clock,
      storage,
      events: this.#events,
      loadJob: (jobId, digest) => this.#jobs!.load(jobId, digest),
      descriptionChanged: () => this.#description.changed(),
      session: () => this.#client,
      setLimits: (limits) => this.#supervisor?.setLimits(limits),
      refuse: (jobId, reason) => this.#supervisor?.refuse(jobId, reason),
      allowOrigins: (origins, reason) => this.#supervisor?.allowOrigins(origins, reason),
      loadedJobs: () => this.#supervisor?.loadedJobs ?? [],
    });
  }

  #describe(): NonNullable<Hello['worker']> {
    const worktimes = this.#health?.worktimes ?? WORKTIMES;
    return describeWorker(this.id, this.#options, this.#controls, this.#owners, worktimes);
  }

  #hello(): Pick<Hello, 'role' | 'worker'> {
    this.#description.included();
    return { role: 'worker', worker: this.#describe() };
  }

  #onNotice(message: SchedulerMessage): void {
    switch (message.type) {
      case 'lease.grant':
      case 'lease.recall':
      case 'lease.revoke':
        return this.#supervisor?.notice(message);
      case 'goodbye':
        this.#events.emit('warning', { error: fromWireError(message.error) });
        return;
      default:
        return;
    }
  }

  #onSession(state: SessionState, error?: Error): void {
    if (state === 'open') {
      this.#events.emit('connect', { url: this.#options.scheduler.http });
      this.#description.opened();
      if (this.#state === 'started') this.#supervisor?.setOnline(true);
      return;
    }
    if (state !== 'waiting' && state !== 'closed') return;
    const live = this.#state === 'started' || this.#state === 'stopping';
    if (live) this.#supervisor?.setOnline(false);
    if (state === 'waiting') this.#events.emit('disconnect', { error });
    else if (this.#state === 'started') {
      this.#events.emit('error', {
        error: error ?? new ManyhandsError('CLOSED', 'The scheduler ended the session.'),
      });
      void this.stop({ force: true });
    }
  }
}
