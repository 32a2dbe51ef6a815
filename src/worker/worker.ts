/**
 * The public worker: runs once from `start()` to `stop()` and emits events. Entry points pass in clocks, sockets and stores.
 * @module
 */
import { Emitter } from '../lib/events.js';
import type { Listener } from '../lib/events.js';
import { ManyhandsError } from '../lib/errors.js';
import type { Address, JobId } from '../protocol/messages/messages.js';
import type { SessionState } from '../client/connection/session.js';
import { readJobInfo } from './job-info.js';
import type { LiveOptions } from './options/live-options.js';
import type { WorkerOptions } from './options/resolve-options.js';
import { checkStop } from './options/stop-options.js';
import type { StopOptions } from './options/stop-options.js';
import { WORKER_EVENTS } from './options/worker-events.js';
import type { JobInfo, PaymentAccount, WorkerEvents, WorkerStatus } from './options/worker-events.js';
import { WorkerParts } from './worker-parts.js';
import type { WorkerPorts } from './worker-ports.js';

export type { WorkerPorts, WorkerContext } from './worker-ports.js';

/** `stopping`: releases its leases and sends pending reports. A stopped worker cannot be started again; create another. */
export type WorkerState = 'initial' | 'starting' | 'started' | 'stopping' | 'stopped';

export class BaseWorker {
  /** The worker's id at the scheduler, the same across reconnects. */
  readonly id: string;
  readonly #ports: WorkerPorts;
  readonly #events = new Emitter<WorkerEvents>(WORKER_EVENTS);
  readonly #parts: WorkerParts;
  #state: WorkerState = 'initial';
  #stopping: Promise<void> | undefined;
  #cleanups: (() => void)[] = [];

  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT, or ISOLATION_UNAVAILABLE where this environment has no such sandbox */
  constructor(options: WorkerOptions, ports: WorkerPorts) {
    this.#ports = ports;
    this.#parts = new WorkerParts(options, ports, {
      events: this.#events,
      state: (state, error) => this.#onSession(state, error),
    });
    this.id = this.#parts.id;
  }

  /** The name that its owner gave it; not sent to anybody. */
  get name(): string {
    return this.#parts.options.name;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Counters since the start, and the state of each sandbox. */
  get status(): WorkerStatus {
    const { bytesToday } = this.#parts.controls.bandwidth;
    const none = { slices: 0, failed: 0, computeMs: 0, earned: 0n, sandboxes: [] };
    return { ...none, ...this.#parts.supervisor?.status, bytesToday };
  }

  /** The options that can change while it runs: setting a property takes effect at once. */
  get options(): LiveOptions {
    return this.#parts.controls.live;
  }

  /** Reasons for which the worker is paused; empty while it works. `bytes` and `hours` are set by the worker itself. */
  get paused(): readonly string[] {
    return this.#parts.controls.pauses.reasons;
  }

  /**
   * Accepts no more work and releases slices that have not started; running slices have one second to finish before they
   * are released too. Each reason counts once, and is removed by `unpause`.
   * @throws INVALID_ARGUMENT where the reason is not a non-empty string
   */
  pause(reason = 'user'): void {
    this.#parts.controls.pauses.add(reason);
  }

  /** Removes a reason for the pause. */
  unpause(reason = 'user'): void {
    this.#parts.controls.pauses.remove(reason);
  }

  /**
   * Stops a job, or all jobs of an owner, at once, and accepts none of them again.
   * @throws INVALID_ARGUMENT where the job id or the address is malformed
   */
  block(which: { jobId?: JobId; owner?: Address }): void {
    this.#parts.controls.block(which);
  }

  /**
   * Discards the answers of `authorize`. The owners of loaded jobs are asked about at once: their jobs stop and are
   * released uncharged, unless `authorize` returns `true` synchronously.
   */
  reauthorize(): void {
    this.#parts.controls.admission.reauthorize();
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
    return this.#parts.client.request('account.show', { address: paymentAddress });
  }

  /**
   * Description and overall progress of a job that this worker has loaded.
   * @throws JOB_UNKNOWN where its package is not loaded here, and as `account`
   */
  async jobInfo(jobId: JobId): Promise<JobInfo> {
    return readJobInfo(this.#parts.client, this.#parts.jobs?.cached(jobId), jobId, this.#parts.jobBytes);
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
    const { signal } = this.#parts.options;
    try {
      await this.#parts.prepare();
      await this.#parts.client.open(signal);
      if (this.#ports.testsSandboxes === true) await this.#test();
      // If the session ended meanwhile, for example by a ban, only the caller can be notified.
      if (this.#isState('starting') && this.#parts.client.endError !== undefined)
        throw this.#parts.client.endError;
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
    this.#parts.supervisor!.setOnline(this.#parts.client.state === 'open');
  }

  /**
   * Accepts no more work, releases slices that have not started, lets sandboxes finish their batches for at most
   * `graceMs` milliseconds, reports the outcomes and closes. A second call with `force` ends the first one at once.
   * @throws INVALID_ARGUMENT where `graceMs` is not a number in its range
   */
  stop(options: StopOptions = {}): Promise<void> {
    const { force, graceMs } = checkStop(options);
    if (force) this.#parts.supervisor?.halt('The worker is stopping.');
    this.#stopping ??= this.#stop(force ? 0 : graceMs);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    const initial = this.#state;
    if (initial === 'stopped') return;
    this.#state = 'stopping';
    if (initial === 'started') await this.#parts.supervisor?.stop(graceMs);
    await this.#close();
    if (initial === 'started') this.#events.emit('stop', {});
  }

  async #close(): Promise<void> {
    this.#state = 'stopped';
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    await this.#parts.close();
  }

  #isState(state: WorkerState): boolean {
    return this.#state === state;
  }

  async #test(): Promise<void> {
    const missing = (await this.#parts.health?.testSandboxes()) ?? [];
    for (const text of missing) {
      this.#events.emit('warning', { error: new ManyhandsError('ISOLATION_UNAVAILABLE', text) });
    }
    if (missing.length > 0) this.#parts.description.changed();
  }

  #onSession(state: SessionState, error?: Error): void {
    if (state === 'open') {
      this.#events.emit('connect', { url: this.#parts.options.scheduler.http });
      this.#parts.description.opened();
      if (this.#state === 'started') this.#parts.supervisor?.setOnline(true);
      return;
    }
    if (state !== 'waiting' && state !== 'closed') return;
    const live = this.#state === 'started' || this.#state === 'stopping';
    if (live) this.#parts.supervisor?.setOnline(false);
    if (state === 'waiting') this.#events.emit('disconnect', { error });
    else if (this.#state === 'started') {
      this.#events.emit('error', {
        error: error ?? new ManyhandsError('CLOSED', 'The scheduler ended the session.'),
      });
      void this.stop({ force: true });
    }
  }
}
