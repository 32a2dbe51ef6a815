/**
 * Runs one sandbox: sets it up for a job within a time limit, sends it batches with the blobs that their slices refer
 * to, and turns its messages into events. After its end nothing is emitted.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { isError } from '../../lib/errors.js';
import type { ErrorCode } from '../../lib/errors.js';
import type { Random } from '../../lib/crypto/random.js';
import type { Digest, JobId, LeaseId, WorktimeName } from '../../protocol/messages/messages.js';
import type {
  JobMessage,
  SetupReply,
  SupervisorToSandbox,
} from '../../protocol/messages/sandbox-messages.js';
import type { BlobCache } from '../assets/blob-cache.js';
import { checkSandboxMessage } from '../hosts/port/check-sandbox-message.js';
import type { LossCode, SetupFault } from '../core/events.js';
import { fillInputs } from '../inputs/fill-inputs.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { LoadedJob, JobPackageCache } from '../assets/job-package-cache.js';
import type { BatchInputs } from '../inputs/lease-inputs.js';
import type { RemoteInputs, FetchingJob } from '../inputs/remote-inputs.js';
import { Liveness } from './liveness.js';
import { QuiesceMonitor } from './quiesce-monitor.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';
import type { WarmStartPolicy } from './start/start-policy.js';
import type { WorktimeHealth } from './worktime-health.js';

/** Maximum time to start a sandbox, milliseconds. */
export const START_MS_MAX = 60_000;
/** Maximum time from the assignment of the job to the confirmation, milliseconds: it includes the start of Python. */
export const ASSIGN_MS_MAX = 120_000;

/** Errors that the job caused; all others are caused by this machine or its network. */
const JOB_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ASSIGN_FAILED',
  'BLOB_UNKNOWN',
  'BLOB_MISMATCH',
  'PACKAGE_MALFORMED',
  'FETCH_FAILED',
  'ORIGIN_NOT_ALLOWED',
]);
/** Set-up errors that the worktime may have caused. Without a code, the sandbox did not start, ended, or timed out. */
const WORKTIME_FAULTS: ReadonlySet<string | undefined> = new Set<ErrorCode | undefined>([
  undefined,
  'ASSIGN_FAILED',
  'ISOLATION_UNAVAILABLE',
]);
/** Errors that are reported as the code with which a slice is lost. */
const INPUT_LOSSES = ['FETCH_FAILED', 'ORIGIN_NOT_ALLOWED'] as const;

export interface RunnerEvents {
  ready(job: LoadedJob): void;
  failed(fault: SetupFault, message: string): void;
  message(message: JobMessage): void;
  /** The input of a batch could not be obtained. */
  inputFailed(batch: number, fault: SetupFault, message: string, code?: LossCode): void;
  /** The input of a batch arrived, and the batch was sent to the sandbox. */
  inputReady(batch: number): void;
  /** The thread is computing, although the slice posts nothing. */
  computing(): void;
  exited(message: string): void;
}

export interface RunnerPorts {
  startPolicy: WarmStartPolicy;
  health: WorktimeHealth;
  jobBytes: JobBytes;
  clock: Clock;
  random: Random;
  jobs: JobPackageCache;
  blobs: BlobCache;
  remotes: RemoteInputs;
}

type RunnerState = 'starting' | 'assigning' | 'ready' | 'ended';

export class SandboxRunner {
  readonly #ports: RunnerPorts;
  #events: RunnerEvents;
  #state: RunnerState = 'starting';
  #sandbox: Sandbox | undefined;
  #job: LoadedJob | undefined;
  #worktime: WorktimeName | undefined;
  /** Set while `startPolicy` expects `setupFinished`. */
  #isSettingUp = false;
  #cancelDeadline: CancelTimer | undefined;
  /** Set while a batch waits for its inputs; the batches behind it wait too. */
  #delivery: Promise<void> | undefined;
  /** Incremented when an input fails: the batches behind it will be sent again. */
  #deliveryEpoch = 0;
  readonly #quiesce: QuiesceMonitor;
  readonly #liveness: Liveness;

  constructor(ports: RunnerPorts, events: RunnerEvents) {
    this.#ports = ports;
    this.#events = events;
    const { clock, random } = ports;
    const send = (message: SupervisorToSandbox): void => this.#send(message);
    const end = (reason: string): void => this.#onExit(reason);
    this.#quiesce = new QuiesceMonitor({ clock, random, send, end });
    const computing = (): void => this.#events.computing();
    this.#liveness = new Liveness({ clock, random, send, end, computing });
  }

  /** The job that it was set up for. */
  get job(): LoadedJob | undefined {
    return this.#job;
  }

  /** Loads what the job needs, starts the sandbox and assigns the job; `ready` or `failed` follows. */
  async open(jobId: JobId, digest: Digest): Promise<void> {
    const { jobs, startPolicy, health } = this.#ports;
    try {
      this.#job = await jobs.get(jobId, digest);
      this.#worktime = jobs.worktimeOf(this.#job);
      health.checkOffered(this.#worktime);
      const assignment = await jobs.assignment(this.#job);
      if (this.#is('ended')) return;
      this.#isSettingUp = true;
      const start = await startPolicy.prepare(assignment);
      if (this.#is('ended')) return start.prewarmed?.sandbox.kill();
      this.#setDeadline(START_MS_MAX, 'worker', 'The sandbox did not start');
      const sandbox = await startPolicy.start(start, this.#job.owner, {
        message: (raw) => this.#onMessage(raw),
        exit: (reason, isShared) => this.#onExit(reason, isShared),
      });
      if (this.#is('ended')) return sandbox.kill();
      this.#sandbox = sandbox;
      this.#state = 'assigning';
      this.#setDeadline(ASSIGN_MS_MAX, 'job', 'The job did not get ready');
      sandbox.send({ type: 'assign', assignment: start.assignment });
    } catch (error) {
      this.#fail(faultOf(error), messageOf(error), isError(error) ? error.code : undefined);
    }
  }

  /** Whether the sandbox runs and has its job. */
  get isReady(): boolean {
    return this.#is('ready');
  }

  /** Replaces the receiver of events, and calls its `ready`. */
  attach(events: RunnerEvents): void {
    this.#events = events;
    events.ready(this.#job!);
  }

  /** Sends a batch to the sandbox; batches run in the order of the calls. */
  runBatch(leaseId: LeaseId, batch: number, batchInputs: BatchInputs, reportEach: boolean): void {
    const { inputs, transfer, blobs, remotes, next } = batchInputs;
    this.#quiesce.end();
    const needsFetch = blobs.length + remotes.length > 0;
    // It is fetched while this batch runs.
    if (next !== undefined) this.#ports.remotes.prefetch(leaseId, next, this.#fetchingJob());
    if (this.#delivery === undefined && !needsFetch) {
      return this.#send({ type: 'run', batch, inputs, reportEach }, transfer);
    }
    const before = this.#delivery ?? Promise.resolve();
    // The fetch starts at once, while earlier batches run.
    const found = this.#fetchRemotes(leaseId, remotes);
    const epoch = this.#deliveryEpoch;
    const isOver = (): boolean => this.#is('ended') || epoch !== this.#deliveryEpoch;
    const delivery = before.then(async () => {
      for (const digest of isOver() ? [] : blobs) {
        const onBytes = (count: number): void => this.#ports.jobBytes.add(this.#job?.jobId ?? '', count);
        const bytes = await this.#ports.blobs.get(digest, { onBytes });
        if (isOver()) return;
        this.#send({ type: 'blob', digest, bytes });
      }
      if (isOver()) return;
      const filled = fillInputs(batchInputs, await found);
      if (isOver()) return;
      this.#send({ type: 'run', batch, inputs: filled.inputs, reportEach }, filled.transfer);
      if (needsFetch) this.#events.inputReady(batch);
    });
    const guarded = delivery
      .catch((error: unknown) => {
        if (isOver()) return;
        this.#deliveryEpoch++;
        this.#delivery = undefined;
        const code = INPUT_LOSSES.find((one) => isError(error, one));
        this.#events.inputFailed(batch, faultOf(error), messageOf(error), code);
      })
      .finally(() => {
        if (this.#delivery === guarded) this.#delivery = undefined;
      });
    this.#delivery = guarded;
  }

  #fetchRemotes(leaseId: LeaseId, remotes: BatchInputs['remotes']): Promise<Map<number, Uint8Array>> {
    const owner = this.#fetchingJob();
    const fetched = remotes.map(async (remote): Promise<[number, Uint8Array]> => {
      return [remote.slice, await this.#ports.remotes.get(leaseId, remote, owner)];
    });
    const found = Promise.all(fetched).then((list) => new Map(list));
    // It is awaited later, when the batches before it were sent.
    found.catch(() => undefined);
    return found;
  }

  #fetchingJob(): FetchingJob {
    return { jobId: this.#job?.jobId ?? '', origins: this.#job?.package.origins ?? [] };
  }

  /** The sandbox has no work: no code may run in it until the next batch. If it does not confirm this in time it is ended. */
  quiesce(): void {
    if (this.#is('ready')) this.#quiesce.begin(this.#sandbox!);
  }

  /** The running slice has posted nothing for long: `computing` follows if its thread is busy. */
  probe(withinMs: number): void {
    if (this.#is('ready')) void this.#liveness.ping(this.#sandbox!, withinMs);
  }

  /** Ends the sandbox; no event follows. */
  kill(): void {
    if (this.#is('ended')) return;
    this.#state = 'ended';
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
      case 'console':
        return this.#is('ready') ? this.#events.message(message) : undefined;
      default:
        if (this.#is('ready')) return this.#events.message(message);
        return this.#onExit('The sandbox reported on slices before it had any.');
    }
  }

  #onAssignment(message: Extract<SetupReply, { type: 'assigned' | 'assign-failed' }>): void {
    if (this.#is('ready')) return this.#onExit('The sandbox answered its assignment twice.');
    switch (message.type) {
      case 'assigned':
        this.#cancelDeadline?.();
        this.#state = 'ready';
        if (message.incompatible === true && this.#worktime !== undefined)
          this.#ports.startPolicy.rejectSnapshot(this.#worktime);
        this.#finishSetup();
        return this.#events.ready(this.#job!);
      case 'assign-failed':
        // If the environment of the sandbox failed, the job is not charged.
        return this.#fail(
          message.error.code === 'ISOLATION_UNAVAILABLE' ? 'worker' : 'job',
          message.error.message,
          message.error.code,
        );
    }
  }

  #onExit(reason: string, isShared = false): void {
    if (this.#is('ended')) return;
    if (!this.#is('ready')) {
      // The job is charged only if its sandbox was the only one that ended.
      return this.#fail(
        isShared ? 'worker' : 'job',
        `The sandbox ended while its job was assigned: ${reason}`,
      );
    }
    this.kill();
    this.#events.exited(reason);
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

  /** The job is charged only if its worktime starts without it. */
  #fail(fault: SetupFault, message: string, code?: string): void {
    if (this.#is('ended')) return;
    this.kill();
    const worktime = this.#worktime;
    if (worktime === undefined || !WORKTIME_FAULTS.has(code)) return this.#events.failed(fault, message);
    void this.#ports.health
      .canStart(worktime)
      .then((canStart) => this.#events.failed(canStart ? fault : 'worker', message));
  }

  /** A method, since the state may have changed during an await. */
  #is(state: RunnerState): boolean {
    return this.#state === state;
  }
}

function faultOf(error: unknown): SetupFault {
  return isError(error) && JOB_FAULTS.has(error.code) ? 'job' : 'worker';
}

function messageOf(error: unknown): string {
  if (isError(error)) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
