/**
 * The parts of a worker, assembled: its client of the scheduler, its owner's controls, its caches, its sandboxes and the
 * supervisor between them.
 * @module
 */
import { newId } from '../lib/crypto/ids.js';
import { ManyhandsError } from '../lib/errors.js';
import type { Emitter } from '../lib/events.js';
import type { Address, Hello, JobId, WorkerRequests, WorktimeName } from '../protocol/messages/messages.js';
import { SchedulerClient } from '../client/connection/scheduler-client.js';
import { leaseRetryPolicy } from '../client/connection/scheduler-requests.js';
import type { SessionState } from '../client/connection/session.js';
import { describeWorktime, WORKTIMES } from '../worktimes/registry.js';
import { AssetManifest } from './assets/asset-manifest.js';
import type { LoadWorktimeFiles } from './assets/job-package-cache.js';
import { AssetStore } from './assets/asset-store.js';
import { BlobCache } from './assets/blob-cache.js';
import { JobPackageCache } from './assets/job-package-cache.js';
import { describeWorker } from './controls/describe-worker.js';
import { DescriptionUpdater } from './controls/description-updater.js';
import { OwnerControls } from './controls/owner-controls.js';
import type { SandboxHost } from './hosts/port/sandbox-host.js';
import { JobBytes } from './inputs/job-bytes.js';
import { RemoteInputs } from './inputs/remote-inputs.js';
import { WorkerLeases } from './leases/worker-leases.js';
import { resolveWorkerOptions } from './options/resolve-options.js';
import type { ResolvedWorkerOptions, WorkerOptions } from './options/resolve-options.js';
import type { WorkerEvents } from './options/worker-events.js';
import { WorktimeHealth } from './sandboxes/worktime-health.js';
import { Supervisor } from './supervisor.js';
import type { WorkerContext, WorkerPorts } from './worker-ports.js';
/** What the worker does with its parts' events. */
export interface WorkerPartsHandlers {
  events: Emitter<WorkerEvents>;
  state: (state: SessionState, error?: Error) => void;
}

export class WorkerParts {
  readonly id: string;
  readonly options: ResolvedWorkerOptions;
  readonly client: SchedulerClient<WorkerRequests>;
  readonly controls: OwnerControls;
  readonly description: DescriptionUpdater;
  readonly jobBytes = new JobBytes();
  /** From `prepare` on. */
  jobs: JobPackageCache | undefined;
  health: WorktimeHealth | undefined;
  supervisor: Supervisor | undefined;
  readonly #ports: WorkerPorts;
  readonly #events: Emitter<WorkerEvents>;
  readonly #host: SandboxHost;
  readonly #store: AssetStore | undefined;
  readonly #blobs: BlobCache;
  /** Its bytes count towards the daily limit. */
  readonly #fetch: typeof fetch;
  #owners: readonly Address[] | undefined;

  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT, or ISOLATION_UNAVAILABLE where this environment has no such sandbox */
  constructor(options: WorkerOptions, ports: WorkerPorts, { events, state }: WorkerPartsHandlers) {
    this.#events = events;
    this.options = resolveWorkerOptions(options, ports.defaults);
    this.#ports = ports;
    this.id = newId(ports.random);
    const { isolation, scheduler } = this.options;
    const makeHost = ports.hosts[isolation];
    if (makeHost === undefined) {
      const there = Object.keys(ports.hosts).join(', ');
      const text = `There are no sandboxes of isolation '${isolation}' here; there are: ${there}.`;
      throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation });
    }
    const { clock, random } = ports;
    this.description = new DescriptionUpdater({
      clock,
      isOpen: () => this.client.state === 'open',
      send: () => this.client.notify({ type: 'worker.update', worker: this.#describe() }),
    });
    this.controls = this.#makeControls();
    this.client = new SchedulerClient<WorkerRequests>({
      url: scheduler,
      connect: this.controls.bandwidth.connect(ports.connect),
      clock,
      random,
      hello: () => this.#hello(),
      greet: (welcome, call) => {
        this.#serveReleases(welcome.worktimes);
        return this.controls.groups.greet(welcome, call);
      },
      notice: (message) => this.supervisor?.notice(message),
      state,
      stalled: (error) => events.emit('warning', { error }),
      retryPolicy: leaseRetryPolicy,
      repeatsMax: 0,
    });
    this.#fetch = this.controls.bandwidth.fetch(ports.fetch);
    this.#store = ports.assets && new AssetStore(ports.assets, clock);
    this.#blobs = new BlobCache({
      http: scheduler.http,
      fetch: this.#fetch,
      clock,
      random,
      client: this.client,
      store: this.#store,
    });
    this.#host = makeHost(this.#context());
  }

  /** Resolves when the session may be opened. */
  async prepare(): Promise<void> {
    this.#owners = await this.#resolveOwners();
    await this.controls.bandwidth.load();
    await this.controls.groups.prepare();
    this.supervisor = this.#makeSupervisor(this.#owners);
    this.controls.start();
  }

  async close(): Promise<void> {
    this.description.close();
    this.health?.close();
    await this.client.close();
    await this.controls.close();
    await this.#host.close();
  }

  #context(): WorkerContext {
    return { options: this.options, blobs: this.#blobs, clock: this.#ports.clock };
  }

  async #resolveOwners(): Promise<readonly Address[] | undefined> {
    const { owners, isolation } = this.options;
    // Threads do not isolate job code: without a list of owners only this machine's own jobs may run in them.
    if (owners === undefined && isolation === 'thread') return [await this.#ports.ownAddress()];
    return owners;
  }

  #makeSupervisor(owners: readonly Address[] | undefined): Supervisor {
    const installed = this.#ports.worktimeFiles?.(this.#context()) ?? (() => Promise.resolve({}));
    const served = new AssetManifest(this.options.scheduler.http, this.#fetch, this.#blobs);
    const worktimeFiles: LoadWorktimeFiles = (worktime) =>
      describeWorktime(worktime.name)?.version === worktime.version
        ? installed(worktime)
        : served.worktimeFiles(worktime);
    const { clock, random, tuning } = this.#ports;
    const { admission, live } = this.controls;
    const mayRun = (jobId: JobId, owner: Address): boolean => admission.mayRun(jobId, owner);
    const mayFetch = (origin: string): boolean => live.allowOrigins.includes(origin);
    const shared = { client: this.client, blobs: this.#blobs, jobBytes: this.jobBytes };
    const rules = { owners, mayRun, mayFetch };
    const jobs = new JobPackageCache({
      ...shared,
      ...rules,
      worktimes: () => this.#worktimes,
      worktimeFiles,
    });
    this.jobs = jobs;
    const rejectionReason = admission.rejectionReason.bind(admission);
    const allowed = (): readonly string[] => live.allowOrigins;
    const remotes = new RemoteInputs({ ...shared, fetch: this.#fetch, clock, random, allowed });
    const leases = new WorkerLeases({ ...shared, remotes });
    const health = (this.health = this.#makeHealth(jobs));
    const own = { host: this.#host, events: this.#events, store: this.#store, policy: this.options.policy };
    const made = { clock, random, jobs, leases, health, rejectionReason };
    return new Supervisor(live.cores, { ...shared, ...own, ...made }, tuning);
  }

  #makeHealth(jobs: JobPackageCache): WorktimeHealth {
    return new WorktimeHealth(WORKTIMES, {
      host: this.#host,
      clock: this.#ports.clock,
      worktimeFiles: (worktime) => jobs.worktimeFiles(worktime),
      mayTest: () => this.client.state === 'open' && !this.controls.pauses.any,
      changed: (worktime) => {
        this.description.changed();
        this.#events.emit('worktime', worktime);
      },
    });
  }

  #makeControls(): OwnerControls {
    const { clock, storage } = this.#ports;
    return new OwnerControls(this.options, {
      workerId: this.id,
      clock,
      storage,
      events: this.#events,
      loadJob: (jobId, digest) => this.jobs!.load(jobId, digest),
      descriptionChanged: () => this.description.changed(),
      session: () => this.client,
      setLimits: (limits) => this.supervisor?.setLimits(limits),
      refuse: (jobId, reason) => this.supervisor?.refuse(jobId, reason),
      allowOrigins: (origins, reason) => this.supervisor?.allowOrigins(origins, reason),
      loadedJobs: () => this.supervisor?.loadedJobs ?? [],
    });
  }

  get #worktimes(): readonly WorktimeName[] {
    return this.health?.worktimes ?? WORKTIMES;
  }

  /** A thread is no border: it runs installed releases alone. */
  #serveReleases(offered: readonly WorktimeName[]): void {
    if (this.options.isolation === 'thread') return;
    if (this.health?.serveReleases(offered) === true) this.description.changed();
  }

  #describe(): NonNullable<Hello['worker']> {
    return describeWorker(this.id, this.options, this.controls, this.#owners, this.#worktimes);
  }

  #hello(): Pick<Hello, 'role' | 'worker'> {
    this.description.included();
    return { role: 'worker', worker: this.#describe() };
  }
}
