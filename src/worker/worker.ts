/**
 * The worker as its owner sees it: one life from `start()` to `stop()`, with events on the way. It joins the session
 * with the scheduler to the supervisor; entry points hand in the real ports.
 * @module
 */
import { Emitter } from '../lib/events.js';
import type { Listener } from '../lib/events.js';
import { fromWireError, ManyhandsError } from '../lib/errors.js';
import { newId } from '../lib/crypto/ids.js';
import { clientCodec } from '../protocol/wire/codec.js';
import type {
  Address,
  Hello,
  JobId,
  SchedulerMessage,
  WorkerRequests,
} from '../protocol/messages/messages.js';
import { ClientSession } from '../transport/session.js';
import type { SessionState } from '../transport/session.js';
import { WORKTIMES } from '../worktimes/registry.js';
import { Announcer } from './controls/description-updater.js';
import { AssetStore } from './assets/asset-store.js';
import { Blobs } from './assets/blob-client.js';
import { describeWorker, workerHello } from './controls/describe-worker.js';
import { JobBytes } from './inputs/job-bytes.js';
import { readJobInfo } from './job-info.js';
import { Jobs } from './assets/job-package-cache.js';
import type { LiveOptions } from './options/live-options.js';
import { RemoteInputs } from './inputs/remote-inputs.js';
import { resolveWorkerOptions } from './options/resolve-options.js';
import type { ResolvedWorkerOptions, WorkerOptions } from './options/resolve-options.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';
import { repeatOf } from '../client/scheduler-link.js';
import type { SchedulerLink } from '../client/scheduler-link.js';
import { checkStop } from './options/stop-options.js';
import type { StopOptions } from './options/stop-options.js';
import { Supervisor } from './supervisor.js';
import { Wishes } from './controls/owner-controls.js';
import { WORKER_EVENTS } from './options/worker-events.js';
import type { WorkerPorts, WorkerSetting } from './worker-ports.js';
import type { JobInfo, PaymentAccount, WorkerEvents, WorkerStatus } from './options/worker-events.js';
import { WorktimeHealth } from './sandboxes/worktime-health.js';

export type { WorkerPorts, WorkerSetting } from './worker-ports.js';

/** `stopping`: hands back and reports what it has. A stopped worker is not started again; make another. */
export type WorkerState = 'initial' | 'starting' | 'started' | 'stopping' | 'stopped';

export class BaseWorker {
  /** What the scheduler knows it by; it keeps it across reconnects. */
  readonly id: string;
  readonly #options: ResolvedWorkerOptions;
  readonly #ports: WorkerPorts;
  readonly #events = new Emitter<WorkerEvents>(WORKER_EVENTS);
  readonly #host: SandboxHost;
  readonly #store: AssetStore | undefined;
  readonly #blobs: Blobs;
  /** Counted among the day's bytes. */
  readonly #fetch: typeof fetch;
  readonly #session: ClientSession<WorkerRequests>;
  readonly #wishes: Wishes;
  readonly #announcer: Announcer;
  readonly #jobBytes = new JobBytes();
  #jobs: Jobs | undefined;
  #health: WorktimeHealth | undefined;
  #owners: readonly Address[] | undefined;
  #state: WorkerState = 'initial';
  #supervisor: Supervisor | undefined;
  #stopping: Promise<void> | undefined;
  #unlisten: (() => void)[] = [];

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
    this.#announcer = new Announcer({
      clock,
      isOpen: () => this.#session.state === 'open',
      send: () => this.#session.notify({ type: 'worker.update', worker: this.#describe() }),
    });
    this.#wishes = this.#makeWishes();
    this.#session = new ClientSession<WorkerRequests>({
      url: scheduler.socket,
      connect: this.#wishes.traffic.connect(ports.connect),
      clock,
      random,
      codec: clientCodec,
      hello: () => this.#hello(),
      greet: this.#wishes.groups.greet,
      notice: (message) => this.#onNotice(message),
      state: (state, error) => this.#onSession(state, error),
      stalled: (error) => this.#events.emit('warning', { error }),
    });
    this.#fetch = this.#wishes.traffic.fetch(ports.fetch);
    this.#store = ports.assets && new AssetStore(ports.assets, clock);
    this.#blobs = new Blobs({
      http: scheduler.http,
      fetch: this.#fetch,
      clock,
      link: this.#link(),
      store: this.#store,
    });
    this.#host = makeHost(this.#setting());
  }

  /** What its owner calls it. */
  get name(): string {
    return this.#options.name;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** What was done and earned since the start, and what each sandbox is at. */
  get status(): WorkerStatus {
    const { bytesToday } = this.#wishes.traffic;
    const none = { slices: 0, failed: 0, computeMs: 0, earned: 0n, sandboxes: [] };
    return { ...none, ...this.#supervisor?.status, bytesToday };
  }

  /** What may change while it lives: setting a property takes effect at once. */
  get options(): LiveOptions {
    return this.#wishes.live;
  }

  /** Why it rests now; it works while there is no reason. `bytes` is the worker's own, for `bytesPerDay`. */
  get paused(): readonly string[] {
    return this.#wishes.pauses.reasons;
  }

  /**
   * Takes no more work and hands back what has not begun; what runs has a second to end, and goes back too. Each reason
   * counts once, and has to be taken away by `unpause`.
   */
  pause(reason = 'user'): void {
    this.#wishes.pauses.add(reason);
  }

  /** Takes that reason to rest away. */
  unpause(reason = 'user'): void {
    this.#wishes.pauses.remove(reason);
  }

  /**
   * Stops what runs of a job, or of all jobs of an owner, at once, and takes none again.
   * @throws INVALID_ARGUMENT where that is no job id or no address
   */
  block(which: { jobId?: JobId; owner?: Address }): void {
    this.#wishes.block(which);
  }

  /**
   * Forgets what `admit` answered, and asks it again. Owners whose jobs are here are asked about at once: what runs of
   * them stops and goes back, uncharged, unless `admit` returns `true` itself.
   */
  askAgain(): void {
    this.#wishes.admission.askAgain();
  }

  /**
   * The scheduler's ledger of `options.paymentAddress`, as it is now; undefined where nobody is paid.
   * @throws CLOSED, TIMEOUT where there is no connection, and what the scheduler refuses with
   */
  async account(): Promise<PaymentAccount | undefined> {
    const { paymentAddress } = this.options;
    if (paymentAddress === undefined) return undefined;
    return this.#session.request('account.show', { address: paymentAddress });
  }

  /**
   * What a job that this worker has met is, and how far it has come with everybody's help.
   * @throws JOB_UNKNOWN where its package is not here, and as `account`
   */
  async jobInfo(jobId: JobId): Promise<JobInfo> {
    return readJobInfo(this.#session, this.#jobs?.known(jobId), jobId, this.#jobBytes);
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
   * Connects and begins to ask for work; resolves when connected. Afterwards lost connections are made again.
   * @throws INVALID_ARGUMENT when it was started before, CONNECT_FAILED, PROTOCOL_VERSION, ABORTED, and what the
   *   scheduler ended the session with while it started, such as BANNED
   */
  async start(): Promise<void> {
    if (this.#state !== 'initial') {
      const text = `This worker is ${this.#state}; a worker is started once. Make another one.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { state: this.#state });
    }
    this.#state = 'starting';
    const { signal } = this.#options;
    try {
      this.#owners = await this.#resolveOwners();
      await this.#wishes.traffic.load();
      await this.#wishes.groups.prepare();
      this.#supervisor = this.#makeSupervisor(this.#owners);
      this.#wishes.begin();
      await this.#session.open(signal);
      if (this.#ports.testsSandboxes === true) await this.#test();
      // A session that ended meanwhile, as by a ban, has nobody to tell but the caller.
      if (this.#is('starting') && this.#session.endError !== undefined) throw this.#session.endError;
    } catch (error) {
      await this.#close();
      throw error;
    }
    // A stop during the start came first.
    if (!this.#is('starting'))
      throw new ManyhandsError('ABORTED', 'The worker was stopped while it started.');
    this.#state = 'started';
    const abort = (): void => void this.stop({ force: true });
    signal?.addEventListener('abort', abort, { once: true });
    this.#unlisten.push(() => signal?.removeEventListener('abort', abort));
    if (this.#ports.onLeave) this.#unlisten.push(this.#ports.onLeave(abort));
    this.#events.emit('start', {});
    this.#supervisor.setOnline(this.#session.state === 'open');
  }

  /**
   * Takes no more work, hands back what has not begun, lets sandboxes finish what they have been given (for at most
   * `graceMs`), reports it, and closes. A second call with `force` cuts the first one short.
   * @throws INVALID_ARGUMENT where `graceMs` is no such number
   */
  stop(options: StopOptions = {}): Promise<void> {
    const { force, graceMs } = checkStop(options);
    if (force) this.#supervisor?.halt('The worker is stopping.');
    this.#stopping ??= this.#stop(force ? 0 : graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const began = this.#state;
    if (began === 'stopped') return;
    this.#state = 'stopping';
    if (began === 'started') await this.#supervisor?.stop(graceMs);
    await this.#close();
    if (began === 'started') this.#events.emit('stop', {});
  }

  async #close(): Promise<void> {
    this.#state = 'stopped';
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#announcer.close();
    this.#health?.close();
    await this.#session.close();
    await this.#wishes.close();
    await this.#host.close();
  }

  #is(state: WorkerState): boolean {
    return this.#state === state;
  }

  async #test(): Promise<void> {
    const missing = (await this.#health?.testSandboxes()) ?? [];
    for (const text of missing) {
      this.#events.emit('warning', { error: new ManyhandsError('ISOLATION_UNAVAILABLE', text) });
    }
    if (missing.length > 0) this.#announcer.changed();
  }

  #setting(): WorkerSetting {
    return { options: this.#options, blobs: this.#blobs, clock: this.#ports.clock };
  }

  async #resolveOwners(): Promise<readonly Address[] | undefined> {
    const { owners, isolation } = this.#options;
    // Threads keep nothing from job code: strangers' jobs never get one unless their owner is named.
    if (owners === undefined && isolation === 'thread') return [await this.#ports.ownAddress()];
    return owners;
  }

  #makeSupervisor(owners: readonly Address[] | undefined): Supervisor {
    const link = this.#link();
    const blobs = this.#blobs;
    const worktimeFiles = this.#ports.worktimeFiles?.(this.#setting()) ?? (() => Promise.resolve({}));
    const { clock, random, tuning } = this.#ports;
    const { admission, live } = this.#wishes;
    const mayRun = (jobId: JobId, owner: Address): boolean => admission.mayRun(jobId, owner);
    const mayFetch = (origin: string): boolean => live.allowOrigins.includes(origin);
    const jobBytes = this.#jobBytes;
    const may = { owners, mayRun, mayFetch };
    const jobs = new Jobs({ link, blobs, worktimes: WORKTIMES, worktimeFiles, jobBytes, ...may });
    this.#jobs = jobs;
    const objection = admission.objection.bind(admission);
    const { policy } = this.#options;
    const store = this.#store;
    const events = this.#events;
    const allowed = (): readonly string[] => live.allowOrigins;
    const remotes = new RemoteInputs({ fetch: this.#fetch, clock, jobBytes, allowed });
    const health = (this.#health = this.#makeHealth(jobs));
    const inner = { link, host: this.#host, clock, random, jobs, blobs, remotes, health, jobBytes };
    return new Supervisor(live.cores, { ...inner, events, objection, policy, store }, tuning);
  }

  #makeHealth(jobs: Jobs): WorktimeHealth {
    return new WorktimeHealth(WORKTIMES, {
      host: this.#host,
      clock: this.#ports.clock,
      worktimeFiles: (worktime) => jobs.worktimeFiles(worktime),
      mayTest: () => this.#session.state === 'open' && !this.#wishes.pauses.any,
      changed: (worktime) => {
        this.#announcer.changed();
        this.#events.emit('worktime', worktime);
      },
    });
  }

  #makeWishes(): Wishes {
    const { clock, storage } = this.#ports;
    return new Wishes(this.#options, {
      workerId: this.id,
      clock,
      storage,
      events: this.#events,
      look: (jobId, digest) => this.#jobs!.look(jobId, digest),
      described: () => this.#announcer.changed(),
      session: () => this.#session,
      allow: (allowed) => this.#supervisor?.allow(allowed),
      refuse: (jobId, reason) => this.#supervisor?.refuse(jobId, reason),
      allowOrigins: (origins, reason) => this.#supervisor?.allowOrigins(origins, reason),
      here: () => this.#supervisor?.here ?? [],
    });
  }

  /** The session with types: its codec has checked every reply. */
  #link(): SchedulerLink {
    return {
      request: (type, body) => this.#session.request(type, body, repeatOf(type, body)),
      notify: (message) => this.#session.notify(message),
    };
  }

  #describe(): NonNullable<Hello['worker']> {
    const worktimes = this.#health?.worktimes ?? WORKTIMES;
    return describeWorker(this.id, this.#options, this.#wishes, this.#owners, worktimes);
  }

  #hello(): Hello {
    this.#announcer.greeted();
    return workerHello(this.#describe());
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
      this.#announcer.opened();
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
