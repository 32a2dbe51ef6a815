/**
 * The worker's spares: sandboxes whose runtime has started and which nobody's code has seen. They are started one at a
 * time, when no sandbox of a job is being set up, and are taken instead of an empty one.
 * @module
 */
import type { CancelTimer, Clock } from '../../../lib/clock.js';
import type { WorktimeName } from '../../../protocol/messages/messages.js';
import type { WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import { newWarmPool, nextSpare, noteAsked, type WarmPool } from '../../core/warm-pool.js';
import { setUpSandbox, type EmptySandbox } from './set-up-sandbox.js';
import type { SandboxHost } from '../../hosts/port/sandbox-host.js';
import type { Snapshots } from './snapshots.js';

/** How long no sandbox of a job must have been set up before a spare is started, milliseconds. */
const QUIET_MS = 250;
/**
 * While all cores are at work, a spare takes time from their slices: nothing is started before so many times what one
 * takes has gone by since the last set-up, so that no more than a fiftieth of a worker's time goes into what may be asked.
 */
const BUSY_TIMES = 50;
/** What a spare is reckoned to take before one was started, milliseconds. */
const START_MS_GUESS = 500;
/** How often a busy worker looks whether it is one no more, milliseconds. */
const BUSY_LOOK_MS = 1_000;
/** How often the pool is looked at while it holds something, milliseconds. */
const LOOK_MS = 30_000;
/** A kind that could not be started is left alone for so long, milliseconds. */
const FAILED_REST_MS = 5 * 60_000;

export interface WarmSparesPorts {
  host: SandboxHost;
  clock: Clock;
  snapshots: Snapshots;
  worktimeFiles: (worktime: WorktimeName) => Promise<WorktimeFiles>;
  /** Whether every core is at work on slices. */
  isBusy: () => boolean;
  /** Other spares stand ready now. */
  changed?: () => void;
}

interface Spare {
  readonly kind: string;
  readonly empty: EmptySandbox;
}

export class WarmSpares {
  readonly #ports: WarmSparesPorts;
  readonly #pool: WarmPool;
  readonly #worktimes = new Map<string, WorktimeName>();
  readonly #restUntilMs = new Map<string, number>();
  readonly #closing = new AbortController();
  #spares: Spare[] = [];
  /** Sandboxes of jobs that are being set up. */
  #settingUp = 0;
  /** When a sandbox was last set up, of a job or ahead of one, and how long a spare took by kind, milliseconds. */
  #lastSetUpMs = -Infinity;
  readonly #startMs = new Map<string, number>();
  #starting: { kind: string; empty: Promise<EmptySandbox | undefined>; isTaken: boolean } | undefined;
  #lastId = 0;
  #cancel: CancelTimer | undefined;

  /** `cores`: sandboxes at work at most. */
  constructor(cores: number, ports: WarmSparesPorts) {
    this.#ports = ports;
    this.#pool = newWarmPool(cores);
  }

  /** Worktimes whose runtimes stand ready. */
  get worktimes(): WorktimeName[] {
    return [...new Set(this.#spares.map(({ kind }) => kind))].map((kind) => this.#worktimes.get(kind)!);
  }

  /** Spares that stand ready. */
  get count(): number {
    return this.#spares.length;
  }

  /**
   * A sandbox for a job of that worktime is wanted: a spare where there is one, or will be soon. `settled` must be
   * called later. Never rejects.
   */
  async take(worktime: WorktimeName): Promise<EmptySandbox | undefined> {
    const kind = kindOf(worktime);
    this.#worktimes.set(kind, worktime);
    noteAsked(this.#pool, kind, this.#ports.clock.monotonicMs());
    this.#settingUp += 1;
    this.#cancel?.();
    const found = this.#spares.find((spare) => spare.kind === kind);
    if (found !== undefined) {
      this.#spares = this.#spares.filter((spare) => spare !== found);
      this.#ports.changed?.();
      return found.empty;
    }
    const starting = this.#starting;
    if (starting === undefined || starting.kind !== kind || starting.isTaken) return undefined;
    starting.isTaken = true;
    return starting.empty;
  }

  /** The sandbox that was wanted is ready, or will never be. */
  settled(): void {
    this.#settingUp -= 1;
    this.#lastSetUpMs = this.#ports.clock.monotonicMs();
    this.#lookIn(QUIET_MS);
  }

  /** Ends all spares; none is started any more. */
  close(): void {
    this.#closing.abort();
    this.#cancel?.();
    for (const { empty } of this.#spares.splice(0)) empty.sandbox.kill();
  }

  #lookIn(ms: number): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#closing.signal.aborted || this.#pool.spareMax === 0) return;
    this.#cancel = this.#ports.clock.after(ms, () => this.#look(), { background: true });
  }

  #look(): void {
    this.#cancel = undefined;
    if (this.#settingUp > 0 || this.#starting !== undefined) return;
    const nowMs = this.#ports.clock.monotonicMs();
    const have = new Map<string, number>();
    for (const { kind } of this.#spares) have.set(kind, (have.get(kind) ?? 0) + 1);
    const next = nextSpare(this.#pool, have, nowMs);
    if (next === undefined) {
      if (this.#spares.length > 0) this.#lookIn(LOOK_MS);
      return;
    }
    if ('drop' in next) {
      const spare = this.#spares.find(({ kind }) => kind === next.drop);
      if (spare !== undefined) this.#drop(spare);
      return this.#lookIn(0);
    }
    if (nowMs < (this.#restUntilMs.get(next.start) ?? 0)) return this.#lookIn(LOOK_MS);
    const restMs = BUSY_TIMES * (this.#startMs.get(next.start) ?? START_MS_GUESS);
    if (this.#ports.isBusy() && nowMs - this.#lastSetUpMs < restMs) return this.#lookIn(BUSY_LOOK_MS);
    this.#start(next.start);
  }

  #start(kind: string): void {
    const starting = { kind, empty: this.#warm(this.#worktimes.get(kind)!), isTaken: false };
    this.#starting = starting;
    const { clock } = this.#ports;
    const beganMs = clock.monotonicMs();
    void starting.empty.then((empty) => {
      this.#starting = undefined;
      this.#lastSetUpMs = clock.monotonicMs();
      this.#startMs.set(kind, this.#lastSetUpMs - beganMs);
      if (empty === undefined) {
        // A job that needs it will start its own, and tell what is wrong.
        this.#restUntilMs.set(kind, this.#ports.clock.monotonicMs() + FAILED_REST_MS);
      } else if (this.#closing.signal.aborted) empty.sandbox.kill();
      else if (!starting.isTaken) this.#keep({ kind, empty });
      this.#lookIn(QUIET_MS);
    });
  }

  #keep(spare: Spare): void {
    spare.empty.setHandlers({ message: () => this.#drop(spare), exit: () => this.#drop(spare) });
    this.#spares.push(spare);
    this.#ports.changed?.();
  }

  async #warm(worktime: WorktimeName): Promise<EmptySandbox | undefined> {
    const { host, clock, snapshots, worktimeFiles } = this.#ports;
    const { signal } = this.#closing;
    try {
      const assets = await worktimeFiles(worktime);
      const snapshot = await snapshots.get(worktime, assets);
      const message = { type: 'warm', worktime, assets, snapshot } as const;
      const empty = await setUpSandbox(host, clock, `spare:${++this.#lastId}`, message, signal);
      if (empty.answer.type === 'warmed' && empty.answer.incompatible === true) snapshots.misfit(worktime);
      return empty;
    } catch {
      return undefined;
    }
  }

  #drop(spare: Spare): void {
    this.#spares = this.#spares.filter((one) => one !== spare);
    this.#ports.changed?.();
    spare.empty.sandbox.kill();
  }
}

function kindOf({ name, version }: WorktimeName): string {
  return `${name} ${version}`;
}
