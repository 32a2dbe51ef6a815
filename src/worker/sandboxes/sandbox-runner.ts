/**
 * Runs one sandbox: sets it up for a job within a time limit, sends it batches, and turns its messages into events of
 * the core. After its end nothing is emitted.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { isError } from '../../lib/errors.js';
import type { ErrorCode } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import { TokenBucket } from '../../lib/token-bucket.js';
import type { Digest, JobId, WorktimeName } from '../../protocol/messages/messages.js';
import type {
  Assignment,
  JobMessage,
  SetupReply,
  SupervisorToSandbox,
} from '../../protocol/messages/sandbox-messages.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { LoadedJob, JobPackageCache } from '../assets/job-package-cache.js';
import type { SandboxEvent, SandboxEventBody, SetupFault } from '../core/events.js';
import { checkSandboxMessage } from '../hosts/port/check-sandbox-message.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { FetchingJob } from '../inputs/remote-inputs.js';
import type { LeaseResources } from '../leases/worker-leases.js';
import { BatchDelivery } from './batch-delivery.js';
import type { BatchDeliveryPorts, DispatchEffect } from './batch-delivery.js';
import { Liveness } from './liveness.js';
import { QuiesceMonitor } from './quiesce-monitor.js';
import { faultOf, messageOf } from './setup-faults.js';
import type { WarmStartPolicy } from './start/start-policy.js';
import type { WorktimeHealth } from './worktime-health.js';

/** Maximum time to start a sandbox, milliseconds. */
export const START_MS_MAX = 60_000;
/** Maximum time from the assignment of the job to the confirmation, milliseconds: it includes the start of Python. */
export const ASSIGN_MS_MAX = 120_000;

/** Set-up errors that the worktime may have caused. Without a code, the sandbox did not start, ended, or timed out. */
const WORKTIME_FAULTS: ReadonlySet<string | undefined> = new Set<ErrorCode | undefined>([
  undefined,
  'ASSIGN_FAILED',
  'ISOLATION_UNAVAILABLE',
]);
/** Events that a sandbox without a slot may cause; any other ends it. */
const ALLOWED_WITHOUT_SLOT: ReadonlySet<SandboxEvent['type']> = new Set<SandboxEvent['type']>([
  'console',
  'event',
  'checkpoint',
  'computing',
  'input-ready',
]);
/** Starts, progress and console messages of one sandbox: number a second, and burst. Honest sandboxes stay far below. */
const MESSAGES_PER_SECOND = 2_000;
const MESSAGES_BURST = 10_000;

export interface RunnerPorts {
  startPolicy: WarmStartPolicy;
  health: WorktimeHealth;
  jobBytes: JobBytes;
  clock: Clock;
  random: Random;
  jobs: JobPackageCache;
  blobs: BlobCache;
  dispatch: (event: SandboxEvent) => void;
}

type RunnerState = 'starting' | 'assigning' | 'ready' | 'ended';

export class SandboxRunner {
  readonly #ports: RunnerPorts;
  #emit: (event: SandboxEventBody) => void = () => undefined;
  #state: RunnerState = 'starting';
  #sandbox: Sandbox | undefined;
  #job: LoadedJob | undefined;
  #worktime: WorktimeName | undefined;
  /** Set while `startPolicy` expects `setupFinished`. */
  #isSettingUp = false;
  #cancelDeadline: CancelTimer | undefined;
  readonly #messages: TokenBucket;
  readonly #delivery: BatchDelivery;
  readonly #quiesce: QuiesceMonitor;
  readonly #liveness: Liveness;

  constructor(ports: RunnerPorts) {
    this.#ports = ports;
    const { clock, random, blobs, jobBytes } = ports;
    this.#messages = new TokenBucket(MESSAGES_PER_SECOND, MESSAGES_BURST, clock.monotonicMs());
    const emit = (event: SandboxEventBody): void => this.#emit(event);
    const send: BatchDeliveryPorts['send'] = (message, transfer) => this.#send(message, transfer);
    this.#delivery = new BatchDelivery({ blobs, jobBytes, send, emit });
    const end = (reason: string): void => this.#onExit(reason);
    this.#quiesce = new QuiesceMonitor({ clock, random, send, end });
    const computing = (): void => emit({ type: 'computing' });
    this.#liveness = new Liveness({ clock, random, send, end, computing });
  }

  /** The job that it was set up for. */
  get job(): LoadedJob | undefined {
    return this.#job;
  }

  /** From now on it emits its events as the sandbox of that slot. If it has its job already, it is ready at once. */
  enterSlot(slot: number, epoch: number): void {
    const { dispatch } = this.#ports;
    this.#emit = (event) => dispatch({ ...event, slot, epoch });
    if (this.isReady) this.#emitReady();
  }

  /** It has no slot until `enterSlot`; `end` is called where it ended, or has to be ended because it does not stay idle. */
  leaveSlot(end: () => void): void {
    this.#emit = ({ type }) => {
      if (!ALLOWED_WITHOUT_SLOT.has(type)) end();
    };
  }

  /** Loads what the job needs, starts the sandbox and assigns the job; `sandbox-ready` or `sandbox-failed` follows. */
  async open(jobId: JobId, digest: Digest): Promise<void> {
    const { jobs, health } = this.#ports;
    try {
      this.#job = await jobs.get(jobId, digest);
      this.#worktime = jobs.worktimeOf(this.#job);
      health.checkOffered(this.#worktime);
      const assignment = await jobs.assignment(this.#job);
      if (this.#is('ended')) return;
      await this.#start(assignment);
    } catch (error) {
      this.#failBy(error);
    }
  }

  async #start(assignment: Assignment): Promise<void> {
    const { startPolicy } = this.#ports;
    this.#isSettingUp = true;
    const start = await startPolicy.prepare(assignment);
    if (this.#is('ended')) return start.prewarmed?.sandbox.kill();
    this.#setDeadline(START_MS_MAX, 'worker', 'The sandbox did not start');
    const isPrewarmed = start.prewarmed !== undefined;
    const sandbox = await startPolicy.start(start, this.#job!.owner, {
      message: (raw) => this.#onMessage(raw),
      exit: (reason, isShared) => {
        if (isPrewarmed && isShared === true && this.#is('assigning')) this.#startAgain(assignment);
        else this.#onExit(reason, isShared);
      },
    });
    if (this.#is('ended')) return sandbox.kill();
    this.#sandbox = sandbox;
    this.#state = 'assigning';
    this.#setDeadline(ASSIGN_MS_MAX, 'job', 'The job did not get ready');
    sandbox.send({ type: 'assign', assignment: start.assignment });
  }

  /** The prewarmed sandbox had ended with its neighbours before it got the job, and this is known only now. */
  #startAgain(assignment: Assignment): void {
    this.#state = 'starting';
    this.#sandbox = undefined;
    this.#finishSetup();
    this.#start(assignment).catch((error: unknown) => this.#failBy(error));
  }

  /** Whether the sandbox runs and has its job. */
  get isReady(): boolean {
    return this.#is('ready');
  }

  /** Sends a batch to the sandbox; batches run in the order of the calls. */
  runBatch(effect: DispatchEffect, lease: LeaseResources): void {
    this.#quiesce.end();
    const { batch, first, count, reportEach } = effect;
    const batchInputs = lease.inputs.slice(first, count);
    const { inputs, transfer, blob, remote, next } = batchInputs;
    // It is fetched while this batch runs.
    if (next !== undefined) lease.fetches.prefetch(next, this.#fetchingJob());
    const checkpoint = lease.checkpointIn(first, count);
    if (this.#delivery.isWaiting || blob !== undefined || remote !== undefined)
      this.#delivery.add(effect, batchInputs, lease, this.#fetchingJob());
    else this.#send({ type: 'run', batch, inputs, reportEach, ...checkpoint }, transfer);
  }

  #fetchingJob(): FetchingJob {
    return { jobId: this.#job?.jobId ?? '', origins: this.#job?.package.origins ?? [] };
  }

  /** The sandbox has no work: no code may run in it until the next batch. If it does not confirm this in time it is ended. */
  quiesce(): void {
    if (this.isReady) this.#quiesce.begin(this.#sandbox!);
  }

  /** Answers a checkpoint of the running slice. */
  checkpointed(sliceNumber: number, saved: boolean): void {
    if (this.isReady) this.#send({ type: 'checkpointed', sliceNumber, saved });
  }

  /** The running slice has posted nothing for long: `computing` follows if its thread is busy. */
  probe(withinMs: number): void {
    if (this.isReady) void this.#liveness.ping(this.#sandbox!, withinMs);
  }

  /** Ends the sandbox; no event follows. */
  kill(): void {
    if (this.#is('ended')) return;
    this.#state = 'ended';
    this.#delivery.close();
    this.#quiesce.end();
    this.#liveness.close();
    this.#cancelDeadline?.();
    this.#finishSetup();
    this.#sandbox?.kill();
  }

  #send(message: SupervisorToSandbox, transfer?: ArrayBuffer[]): void {
    try {
      this.#sandbox?.send(message, transfer);
    } catch (error) {
      this.#onExit(`No message could be sent to the sandbox: ${messageOf(error)}`);
    }
  }

  #onMessage(raw: unknown): void {
    if (this.#is('ended')) return;
    const checked = checkSandboxMessage(raw);
    if ('violation' in checked) return this.#onExit(checked.violation);
    const message = checked.ok;
    switch (message.type) {
      case 'warmed':
      case 'warm-failed':
      case 'snapshot':
        return this.#onExit('The sandbox sent an answer to a request that was not sent.');
      case 'assigned':
      case 'assign-failed':
        return this.#onAssignment(message);
      case 'quiesced':
        return this.#quiesce.onReply(message.nonce);
      case 'pong':
        return this.#liveness.onPong(message.nonce);
      default:
        return this.#onJobMessage(message);
    }
  }

  #onJobMessage(message: JobMessage): void {
    if (!this.isReady) {
      if (message.type === 'console') return;
      return this.#onExit('The sandbox reported on slices before it had any.');
    }
    if (message.type !== 'outcomes' && !this.#messages.take(this.#ports.clock.monotonicMs()))
      return this.#onExit('The sandbox posted more messages than the limit allows.');
    this.#emit(message);
  }

  #onAssignment(message: Extract<SetupReply, { type: 'assigned' | 'assign-failed' }>): void {
    if (this.isReady) return this.#onExit('The sandbox answered its assignment twice.');
    switch (message.type) {
      case 'assigned':
        this.#cancelDeadline?.();
        this.#state = 'ready';
        if (message.incompatible === true && this.#worktime !== undefined)
          this.#ports.startPolicy.rejectSnapshot(this.#worktime);
        this.#finishSetup();
        return this.#emitReady();
      case 'assign-failed':
        // If the environment of the sandbox failed, the job is not charged.
        return this.#fail(
          message.error.code === 'ISOLATION_UNAVAILABLE' ? 'worker' : 'job',
          message.error.message,
          message.error.code,
        );
    }
  }

  #emitReady(): void {
    const { limits, isolation } = this.#job!.package;
    this.#emit({ type: 'sandbox-ready', limits, singleUse: isolation === 'slice' });
  }

  #onExit(reason: string, isShared = false): void {
    if (this.#is('ended')) return;
    if (!this.isReady) {
      // The job is charged only if its sandbox was the only one that ended.
      return this.#fail(
        isShared ? 'worker' : 'job',
        `The sandbox ended while its job was assigned: ${reason}`,
      );
    }
    this.kill();
    this.#emit({ type: 'sandbox-exit', message: reason, isShared });
  }

  /** Notifies the start policy, once, that the set-up is over. */
  #finishSetup(): void {
    if (!this.#isSettingUp) return;
    this.#isSettingUp = false;
    this.#ports.startPolicy.setupFinished();
  }

  #setDeadline(ms: number, fault: SetupFault, what: string): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = this.#ports.clock.after(ms, () =>
      this.#fail(fault, `${what} within ${ms / 1_000} s.`),
    );
  }

  #failBy(error: unknown): void {
    this.#fail(faultOf(error), messageOf(error), isError(error) ? error.code : undefined);
  }

  /** The job is charged only if its worktime starts without it. */
  #fail(fault: SetupFault, message: string, code?: string): void {
    if (this.#is('ended')) return;
    this.kill();
    const emit = (by: SetupFault): void => this.#emit({ type: 'sandbox-failed', fault: by, message });
    const worktime = this.#worktime;
    if (worktime === undefined || !WORKTIME_FAULTS.has(code)) return emit(fault);
    void this.#ports.health.canStart(worktime).then((canStart) => emit(canStart ? fault : 'worker'));
  }

  /** A method, since the state may have changed during an await. */
  #is(state: RunnerState): boolean {
    return this.#state === state;
  }
}
