/**
 * How warm a job's sandbox starts, by the worker's policy: in a spare whose runtime runs already, with a snapshot of a
 * started one, or from nothing.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import type { WorktimeName } from '../../../protocol/messages/messages.js';
import type { Assignment, WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import type { AssetStore } from '../../assets/asset-store.js';
import type { WarmPolicy } from '../../options/option-checks.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../../hosts/port/sandbox-host.js';
import type { EmptySandbox } from './set-up-sandbox.js';
import { Snapshots } from './snapshots.js';
import { WarmSpares } from './prewarmed-sandboxes.js';

/** How long a job's sandbox waits for its next lease where functions are kept warm, and where not, milliseconds. */
const KEEP_MS = 120_000;
const LINGER_MS = 250;
/** Sandboxes that are kept beside those at work, at most. */
const PARKED_MAX = 4;

export interface WarmthPorts {
  host: SandboxHost;
  clock: Clock;
  policy: WarmPolicy;
  /** Sandboxes at work at most. */
  cores: number;
  store?: AssetStore;
  worktimeFiles: (worktime: WorktimeName) => Promise<WorktimeFiles>;
  warn: (error: unknown) => void;
  /** Whether every core is at work on slices. */
  isBusy: () => boolean;
  /** Other worktimes stand ready now. */
  changed?: () => void;
}

/** What a sandbox is about to be started with. */
export interface WarmStart {
  readonly assignment: Assignment;
  readonly spare?: EmptySandbox;
}

export class Warmth {
  readonly #ports: WarmthPorts;
  readonly #snapshots: Snapshots;
  readonly #spares: WarmSpares;
  #state: 'open' | 'closed' = 'open';

  constructor(ports: WarmthPorts) {
    this.#ports = ports;
    const warn = (error: unknown): void => {
      if (this.#state === 'open') ports.warn(error);
    };
    this.#snapshots = new Snapshots({ ...ports, warn });
    this.#spares = new WarmSpares(ports.cores, { ...ports, snapshots: this.#snapshots });
  }

  /** Worktimes of which a started runtime stands ready. */
  get worktimes(): WorktimeName[] {
    return this.#spares.worktimes;
  }

  /** How long a sandbox is kept that has nothing to do, milliseconds. */
  get keepMs(): number {
    return this.#ports.policy === 'warm-function' ? KEEP_MS : LINGER_MS;
  }

  /** Sandboxes that are kept while another job has their place, at most. */
  get parkMax(): number {
    return this.#ports.policy === 'warm-function' ? Math.min(PARKED_MAX, this.#ports.cores) : 0;
  }

  /** Finds the warmest start for a job; `settled` must be called once its sandbox is ready, or given up. Never rejects. */
  async prepare(assignment: Assignment): Promise<WarmStart> {
    const { worktime, assets } = assignment;
    if (this.#ports.policy === 'cold') return { assignment };
    const spare = await this.#spares.take(worktime);
    if (spare !== undefined) return { assignment: { ...assignment, assets: {} }, spare };
    const snapshot = await this.#snapshots.get(worktime, assets);
    return { assignment: { ...assignment, ...(snapshot === undefined ? {} : { snapshot }) } };
  }

  /** An empty sandbox that is `owner`'s from now on. Rejects as `SandboxHost.start`. */
  async start({ spare }: WarmStart, owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    if (spare === undefined) return this.#ports.host.start(owner, handlers);
    spare.setHandlers(handlers);
    return spare.sandbox;
  }

  /** What was prepared is ready, or will never be. */
  settled(): void {
    if (this.#ports.policy !== 'cold') this.#spares.settled();
  }

  /** The snapshot of that worktime could not be used. */
  misfit(worktime: WorktimeName): void {
    this.#snapshots.misfit(worktime);
  }

  /** Ends all spares. */
  close(): void {
    this.#state = 'closed';
    this.#spares.close();
  }
}
