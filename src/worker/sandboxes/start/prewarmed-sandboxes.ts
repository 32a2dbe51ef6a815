/**
 * Prewarmed sandboxes: their runtime has started, and no job code has run in them. They are started one at a time, while
 * no job's sandbox is being set up, and are used in place of a new sandbox.
 * @module
 */
import type { CancelTimer, Clock } from '../../../lib/clock.js';
import type { WorktimeName } from '../../../protocol/messages/messages.js';
import type { WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import { newPrewarmPlan, nextPrewarmAction, recordDemand, type PrewarmPlan } from './prewarm-plan.js';
import { setUpSandbox, type EmptySandbox } from './set-up-sandbox.js';
import type { SandboxHost } from '../../hosts/port/sandbox-host.js';
import type { Snapshots } from './snapshots.js';

/** Minimum time since the last set-up of a job's sandbox before one is prewarmed, milliseconds. */
const QUIET_MS = 250;
/**
 * While all cores run slices, prewarming takes processor time from them. It then waits for this many times the usual
 * start time since the last set-up, so that it takes at most a fiftieth of the worker's time.
 */
const BUSY_SPACING_FACTOR = 50;
/** Start time that is assumed before one was measured, milliseconds. */
const START_MS_ESTIMATE = 500;
/** Interval at which a busy worker checks whether it still is, milliseconds. */
const BUSY_POLL_MS = 1_000;
/** Interval of checks while there are prewarmed sandboxes, milliseconds. */
const POLL_MS = 30_000;
/** Cool-down of a kind that could not be started, milliseconds. */
const COOLDOWN_MS = 5 * 60_000;

export interface PrewarmedSandboxesPorts {
  host: SandboxHost;
  clock: Clock;
  snapshots: Snapshots;
  worktimeFiles: (worktime: WorktimeName) => Promise<WorktimeFiles>;
  /** Whether every core is running slices. */
  isBusy: () => boolean;
  /** The set of prewarmed sandboxes changed. */
  changed?: () => void;
}

interface PrewarmedSandbox {
  readonly kind: string;
  readonly empty: EmptySandbox;
}

export class PrewarmedSandboxes {
  readonly #ports: PrewarmedSandboxesPorts;
  readonly #plan: PrewarmPlan;
  readonly #worktimes = new Map<string, WorktimeName>();
  readonly #cooldownUntilMs = new Map<string, number>();
  readonly #closing = new AbortController();
  #ready: PrewarmedSandbox[] = [];
  /** Number of jobs' sandboxes that are being set up. */
  #settingUp = 0;
  /** Time of the last set-up, of a job's or a prewarmed sandbox; and start time of each kind. Milliseconds. */
  #lastSetUpMs = -Infinity;
  readonly #startMs = new Map<string, number>();
  #starting: { kind: string; empty: Promise<EmptySandbox | undefined>; isTaken: boolean } | undefined;
  #lastId = 0;
  #cancel: CancelTimer | undefined;

  /** `cores`: maximum number of active sandboxes. */
  constructor(cores: number, ports: PrewarmedSandboxesPorts) {
    this.#ports = ports;
    this.#plan = newPrewarmPlan(cores);
  }

  /** Worktimes of which a prewarmed sandbox is ready. */
  get worktimes(): WorktimeName[] {
    return [...new Set(this.#ready.map(({ kind }) => kind))].map((kind) => this.#worktimes.get(kind)!);
  }

  /** Number of prewarmed sandboxes that are ready. */
  get count(): number {
    return this.#ready.length;
  }

  /**
   * Takes a prewarmed sandbox of that worktime, if one is ready or starting. `setupFinished` must be called later, in any
   * case. Never rejects.
   */
  async take(worktime: WorktimeName): Promise<EmptySandbox | undefined> {
    const kind = kindOf(worktime);
    this.#worktimes.set(kind, worktime);
    recordDemand(this.#plan, kind, this.#ports.clock.monotonicMs());
    this.#settingUp += 1;
    this.#cancel?.();
    const found = this.#ready.find((prewarmed) => prewarmed.kind === kind);
    if (found !== undefined) {
      this.#ready = this.#ready.filter((prewarmed) => prewarmed !== found);
      this.#ports.changed?.();
      return found.empty;
    }
    const starting = this.#starting;
    if (starting === undefined || starting.kind !== kind || starting.isTaken) return undefined;
    starting.isTaken = true;
    const empty = await starting.empty;
    return empty?.hasEnded === true ? undefined : empty;
  }

  /** The set-up that began with `take` has finished or failed. */
  setupFinished(): void {
    this.#settingUp -= 1;
    this.#lastSetUpMs = this.#ports.clock.monotonicMs();
    this.#scheduleCheck(QUIET_MS);
  }

  /** Ends all prewarmed sandboxes and starts no more. */
  close(): void {
    this.#closing.abort();
    this.#cancel?.();
    for (const { empty } of this.#ready.splice(0)) empty.sandbox.kill();
  }

  #scheduleCheck(ms: number): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#closing.signal.aborted || this.#plan.sizeMax === 0) return;
    this.#cancel = this.#ports.clock.after(ms, () => this.#check(), { background: true });
  }

  #check(): void {
    this.#cancel = undefined;
    if (this.#settingUp > 0 || this.#starting !== undefined) return;
    const nowMs = this.#ports.clock.monotonicMs();
    const counts = new Map<string, number>();
    for (const { kind } of this.#ready) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const next = nextPrewarmAction(this.#plan, counts, nowMs);
    if (next === undefined) {
      if (this.#ready.length > 0) this.#scheduleCheck(POLL_MS);
      return;
    }
    if ('drop' in next) {
      const prewarmed = this.#ready.find(({ kind }) => kind === next.drop);
      if (prewarmed !== undefined) this.#drop(prewarmed);
      return this.#scheduleCheck(0);
    }
    if (nowMs < (this.#cooldownUntilMs.get(next.start) ?? 0)) return this.#scheduleCheck(POLL_MS);
    const spacingMs = BUSY_SPACING_FACTOR * (this.#startMs.get(next.start) ?? START_MS_ESTIMATE);
    if (this.#ports.isBusy() && nowMs - this.#lastSetUpMs < spacingMs)
      return this.#scheduleCheck(BUSY_POLL_MS);
    this.#start(next.start);
  }

  #start(kind: string): void {
    const starting = { kind, empty: this.#startRuntime(this.#worktimes.get(kind)!), isTaken: false };
    this.#starting = starting;
    const { clock } = this.#ports;
    const beganMs = clock.monotonicMs();
    void starting.empty.then((empty) => {
      this.#starting = undefined;
      this.#lastSetUpMs = clock.monotonicMs();
      this.#startMs.set(kind, this.#lastSetUpMs - beganMs);
      if (empty === undefined) {
        // A job of this kind will start its own sandbox and report the error.
        this.#cooldownUntilMs.set(kind, this.#ports.clock.monotonicMs() + COOLDOWN_MS);
      } else if (this.#closing.signal.aborted) empty.sandbox.kill();
      else if (!starting.isTaken && !empty.hasEnded) this.#keep({ kind, empty });
      this.#scheduleCheck(QUIET_MS);
    });
  }

  #keep(prewarmed: PrewarmedSandbox): void {
    prewarmed.empty.setHandlers({ message: () => this.#drop(prewarmed), exit: () => this.#drop(prewarmed) });
    this.#ready.push(prewarmed);
    this.#ports.changed?.();
  }

  async #startRuntime(worktime: WorktimeName): Promise<EmptySandbox | undefined> {
    const { host, clock, snapshots, worktimeFiles } = this.#ports;
    const { signal } = this.#closing;
    try {
      const assets = await worktimeFiles(worktime);
      const snapshot = await snapshots.get(worktime, assets);
      const message = { type: 'warm', worktime, assets, snapshot } as const;
      const empty = await setUpSandbox(host, clock, `prewarmed:${++this.#lastId}`, message, signal);
      if (empty.answer.type === 'warmed' && empty.answer.incompatible === true) snapshots.reject(worktime);
      return empty;
    } catch {
      return undefined;
    }
  }

  #drop(prewarmed: PrewarmedSandbox): void {
    this.#ready = this.#ready.filter((one) => one !== prewarmed);
    this.#ports.changed?.();
    prewarmed.empty.sandbox.kill();
  }
}

function kindOf({ name, version }: WorktimeName): string {
  return `${name} ${version}`;
}
