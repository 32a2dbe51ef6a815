/**
 * One sandbox from its start to its end: sets it up for a job within a time, hands it batches with the blobs that
 * their slices stand for, and turns what it posts into events. Everything after its end is silence.
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
import type { Blobs } from '../assets/blob-client.js';
import { checkSandboxMessage } from '../hosts/port/check-sandbox-message.js';
import type { LossCode, SetupFault } from '../core/events.js';
import { fillInputs } from '../inputs/fill-inputs.js';
import type { JobBytes } from '../inputs/job-bytes.js';
import type { Job, Jobs } from '../assets/job-package-cache.js';
import type { BatchInputs } from '../inputs/lease-inputs.js';
import type { RemoteInputs, RemoteOwner } from '../inputs/remote-inputs.js';
import { Liveness } from './liveness.js';
import { Quiesce } from './quiesce.js';
import type { Sandbox } from '../hosts/port/sandbox-host.js';
import type { Warmth } from './start/start-policy.js';
import type { WorktimeHealth } from './worktime-health.js';

/** From asking for a sandbox to having one, milliseconds. */
export const START_MS_MAX = 60_000;
/** From handing it the job to its word that it is ready: Python starts in there, milliseconds. */
export const ASSIGN_MS_MAX = 120_000;

/** Errors that the job brought with it; the others are trouble of this machine or of the way to it. */
const FAULTS_OF_JOB: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ASSIGN_FAILED',
  'BLOB_UNKNOWN',
  'BLOB_MISMATCH',
  'PACKAGE_MALFORMED',
  'FETCH_FAILED',
  'ORIGIN_NOT_ALLOWED',
]);
/** Errors of a set-up that may be the worktime's. Without a code, a sandbox could not be started, ended, or was late. */
const OF_WORKTIME: ReadonlySet<string | undefined> = new Set<ErrorCode | undefined>([
  undefined,
  'ASSIGN_FAILED',
  'ISOLATION_UNAVAILABLE',
]);
/** Those that a slice is lost by under their own name. */
const OWN_LOSSES = ['FETCH_FAILED', 'ORIGIN_NOT_ALLOWED'] as const;

export interface RunnerEvents {
  ready(job: Job): void;
  failed(fault: SetupFault, message: string): void;
  said(message: JobMessage): void;
  /** A batch's input cannot be had. */
  starved(batch: number, fault: SetupFault, message: string, code?: LossCode): void;
  /** A batch that waited for its input has it, and is in the sandbox. */
  served(batch: number): void;
  /** Its thread is at work, though nothing is heard of it. */
  computes(): void;
  exited(message: string): void;
}

export interface RunnerPorts {
  warmth: Warmth;
  health: WorktimeHealth;
  jobBytes: JobBytes;
  clock: Clock;
  random: Random;
  jobs: Jobs;
  blobs: Blobs;
  remotes: RemoteInputs;
}

type RunnerState = 'starting' | 'assigning' | 'ready' | 'ended';

export class SandboxRunner {
  readonly #ports: RunnerPorts;
  #events: RunnerEvents;
  #state: RunnerState = 'starting';
  #sandbox: Sandbox | undefined;
  #job: Job | undefined;
  #worktime: WorktimeName | undefined;
  /** Set while `warmth` waits to hear how the set-up ends. */
  #isWarming = false;
  #cancelLimit: CancelTimer | undefined;
  /** Set while a batch waits for its blobs: those behind it wait too. */
  #feeding: Promise<void> | undefined;
  /** Raised where an input failed: what was fed behind it is fed anew. */
  #round = 0;
  readonly #quiesce: Quiesce;
  readonly #liveness: Liveness;

  constructor(ports: RunnerPorts, events: RunnerEvents) {
    this.#ports = ports;
    this.#events = events;
    const { clock, random } = ports;
    const send = (message: SupervisorToSandbox): void => this.#send(message);
    const end = (reason: string): void => this.#onExit(reason);
    this.#quiesce = new Quiesce({ clock, random, send, end });
    const computes = (): void => this.#events.computes();
    this.#liveness = new Liveness({ clock, random, send, end, computes });
  }

  /** The job that it was set up for. */
  get job(): Job | undefined {
    return this.#job;
  }

  /** Fetches what the job needs, starts the sandbox and assigns the job; `ready` or `failed` follows. */
  async open(jobId: JobId, digest: Digest): Promise<void> {
    const { jobs, warmth, health } = this.#ports;
    try {
      this.#job = await jobs.get(jobId, digest);
      this.#worktime = jobs.worktimeOf(this.#job);
      health.checkOffered(this.#worktime);
      const assignment = await jobs.assignment(this.#job);
      if (this.#is('ended')) return;
      this.#isWarming = true;
      const start = await warmth.prepare(assignment);
      if (this.#is('ended')) return start.spare?.sandbox.kill();
      this.#limit(START_MS_MAX, 'worker', 'The sandbox did not start');
      const sandbox = await warmth.start(start, this.#job.owner, {
        message: (raw) => this.#onMessage(raw),
        exit: (reason, isShared) => this.#onExit(reason, isShared),
      });
      if (this.#is('ended')) return sandbox.kill();
      this.#sandbox = sandbox;
      this.#state = 'assigning';
      this.#limit(ASSIGN_MS_MAX, 'job', 'The job did not get ready');
      sandbox.send({ type: 'assign', assignment: start.assignment });
    } catch (error) {
      this.#fail(faultOf(error), messageOf(error), isError(error) ? error.code : undefined);
    }
  }

  /** Whether it has its job and lives. */
  get isReady(): boolean {
    return this.#is('ready');
  }

  /** Another listens to it from now on, and hears first that it is ready. */
  adopt(events: RunnerEvents): void {
    this.#events = events;
    events.ready(this.#job!);
  }

  /** Hands the sandbox a batch; batches run in the order of the calls. */
  feed(leaseId: LeaseId, batch: number, cut: BatchInputs, each: boolean): void {
    const { inputs, transfer, blobs, remotes, ahead } = cut;
    this.#quiesce.end();
    const isHeavy = blobs.length + remotes.length > 0;
    // On its way while this batch runs.
    if (ahead !== undefined) this.#ports.remotes.prefetch(leaseId, ahead, this.#remoteOwner());
    if (this.#feeding === undefined && !isHeavy) {
      return this.#send({ type: 'run', batch, inputs, reportEach: each }, transfer);
    }
    const before = this.#feeding ?? Promise.resolve();
    // Addresses are asked at once: what one batch waits for comes while those before it run.
    const found = this.#fetchRemotes(leaseId, remotes);
    const round = this.#round;
    const isOver = (): boolean => this.#is('ended') || round !== this.#round;
    const feeding = before.then(async () => {
      for (const digest of isOver() ? [] : blobs) {
        const counted = (count: number): void => this.#ports.jobBytes.add(this.#job?.jobId ?? '', count);
        const bytes = await this.#ports.blobs.get(digest, { counted });
        if (isOver()) return;
        this.#send({ type: 'blob', digest, bytes });
      }
      if (isOver()) return;
      const full = fillInputs(cut, await found);
      if (isOver()) return;
      this.#send({ type: 'run', batch, inputs: full.inputs, reportEach: each }, full.transfer);
      if (isHeavy) this.#events.served(batch);
    });
    const settled = feeding
      .catch((error: unknown) => {
        if (isOver()) return;
        this.#round++;
        this.#feeding = undefined;
        const code = OWN_LOSSES.find((one) => isError(error, one));
        this.#events.starved(batch, faultOf(error), messageOf(error), code);
      })
      .finally(() => {
        if (this.#feeding === settled) this.#feeding = undefined;
      });
    this.#feeding = settled;
  }

  #fetchRemotes(leaseId: LeaseId, remotes: BatchInputs['remotes']): Promise<Map<number, Uint8Array>> {
    const owner = this.#remoteOwner();
    const fetched = remotes.map(async (remote): Promise<[number, Uint8Array]> => {
      return [remote.slice, await this.#ports.remotes.get(leaseId, remote, owner)];
    });
    const found = Promise.all(fetched).then((list) => new Map(list));
    // Awaited at its turn.
    found.catch(() => undefined);
    return found;
  }

  #remoteOwner(): RemoteOwner {
    return { jobId: this.#job?.jobId ?? '', origins: this.#job?.package.origins ?? [] };
  }

  /** It has nothing to do: nothing may run in it until it is fed. One that cannot say so in time is ended. */
  rest(): void {
    if (this.#is('ready')) this.#quiesce.begin(this.#sandbox!);
  }

  /** Nothing was heard of its slice for long: `computes` follows where its thread is at work. */
  probe(withinMs: number): void {
    if (this.#is('ready')) void this.#liveness.ask(this.#sandbox!, withinMs);
  }

  /** Ends it without a word. */
  kill(): void {
    if (this.#is('ended')) return;
    this.#state = 'ended';
    this.#quiesce.end();
    this.#liveness.close();
    this.#cancelLimit?.();
    this.#settle();
    this.#sandbox?.kill();
  }

  #send(message: SupervisorToSandbox, transfer?: ArrayBuffer[]): void {
    try {
      this.#sandbox?.send(message, transfer);
    } catch (error) {
      this.#onExit(`The sandbox could not be spoken to: ${messageOf(error)}`);
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
        return this.#onExit('The sandbox answered what nobody asked.');
      case 'assigned':
      case 'assign-failed':
        return this.#onAssignment(message);
      case 'quiesced':
        return this.#quiesce.answered(message.nonce);
      case 'pong':
        return this.#liveness.answered(message.nonce);
      case 'console':
        return this.#is('ready') ? this.#events.said(message) : undefined;
      default:
        if (this.#is('ready')) return this.#events.said(message);
        return this.#onExit('The sandbox reported on slices before it had any.');
    }
  }

  #onAssignment(message: Extract<SetupReply, { type: 'assigned' | 'assign-failed' }>): void {
    if (this.#is('ready')) return this.#onExit('The sandbox said again how its assignment went.');
    switch (message.type) {
      case 'assigned':
        this.#cancelLimit?.();
        this.#state = 'ready';
        if (message.incompatible === true && this.#worktime !== undefined)
          this.#ports.warmth.misfit(this.#worktime);
        this.#settle();
        return this.#events.ready(this.#job!);
      case 'assign-failed':
        // What the place of the sandbox could not give, no job is to blame for.
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
      // The job is blamed only for what it did alone.
      return this.#fail(
        isShared ? 'worker' : 'job',
        `The sandbox ended while its job was assigned: ${reason}`,
      );
    }
    this.kill();
    this.#events.exited(reason);
  }

  /** Tells, once, that setting up is over. */
  #settle(): void {
    if (!this.#isWarming) return;
    this.#isWarming = false;
    this.#ports.warmth.settled();
  }

  #limit(ms: number, fault: SetupFault, what: string): void {
    this.#cancelLimit?.();
    this.#cancelLimit = this.#ports.clock.after(ms, () =>
      this.#fail(fault, `${what} within ${ms / 1_000} s.`),
    );
  }

  /** A job is blamed only where its worktime starts without it. */
  #fail(fault: SetupFault, message: string, code?: string): void {
    if (this.#is('ended')) return;
    this.kill();
    const worktime = this.#worktime;
    if (worktime === undefined || !OF_WORKTIME.has(code)) return this.#events.failed(fault, message);
    void this.#ports.health
      .starts(worktime)
      .then((starts) => this.#events.failed(starts ? fault : 'worker', message));
  }

  /** A call, since what is awaited in between may have changed the state. */
  #is(state: RunnerState): boolean {
    return this.#state === state;
  }
}

function faultOf(error: unknown): SetupFault {
  return isError(error) && FAULTS_OF_JOB.has(error.code) ? 'job' : 'worker';
}

function messageOf(error: unknown): string {
  if (isError(error)) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
