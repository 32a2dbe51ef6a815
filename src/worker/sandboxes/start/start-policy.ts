/**
 * Chooses how a job's sandbox starts, by the worker's policy: as a prewarmed sandbox, with a snapshot of a started
 * runtime, or cold.
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
import { PrewarmedSandboxes } from './prewarmed-sandboxes.js';

/** How long a job's sandbox waits for its next lease with the policy `warm-function`, and with others, milliseconds. */
const KEEP_MS = 120_000;
const KEEP_MS_SHORT = 250;
/** Maximum number of idle sandboxes in addition to the active ones. */
const IDLE_MAX = 4;

export interface WarmStartPolicyPorts {
  host: SandboxHost;
  clock: Clock;
  policy: WarmPolicy;
  /** Maximum number of active sandboxes. */
  cores: number;
  store?: AssetStore;
  worktimeFiles: (worktime: WorktimeName) => Promise<WorktimeFiles>;
  warn: (error: unknown) => void;
  /** Whether every core is running slices. */
  isBusy: () => boolean;
  /** The set of prewarmed worktimes changed. */
  changed?: () => void;
}

/** How a sandbox will be started. */
export interface WarmStart {
  readonly assignment: Assignment;
  readonly prewarmed?: EmptySandbox;
}

export class WarmStartPolicy {
  readonly #ports: WarmStartPolicyPorts;
  readonly #snapshots: Snapshots;
  readonly #prewarmed: PrewarmedSandboxes;
  #state: 'open' | 'closed' = 'open';

  constructor(ports: WarmStartPolicyPorts) {
    this.#ports = ports;
    const warn = (error: unknown): void => {
      if (this.#state === 'open') ports.warn(error);
    };
    this.#snapshots = new Snapshots({ ...ports, warn });
    this.#prewarmed = new PrewarmedSandboxes(ports.cores, { ...ports, snapshots: this.#snapshots });
  }

  /** Worktimes of which a prewarmed sandbox is ready. */
  get worktimes(): WorktimeName[] {
    return this.#prewarmed.worktimes;
  }

  /** How long a sandbox without work is kept, milliseconds. */
  get keepMs(): number {
    return this.#ports.policy === 'warm-function' ? KEEP_MS : KEEP_MS_SHORT;
  }

  /** Maximum number of idle sandboxes that are kept while another job has their slot. */
  get idleMax(): number {
    return this.#ports.policy === 'warm-function' ? Math.min(IDLE_MAX, this.#ports.cores) : 0;
  }

  /** Finds the fastest start for a job. `setupFinished` must be called once its sandbox is ready or has failed. Never rejects. */
  async prepare(assignment: Assignment): Promise<WarmStart> {
    const { worktime, assets } = assignment;
    if (this.#ports.policy === 'cold') return { assignment };
    const prewarmed = await this.#prewarmed.take(worktime);
    if (prewarmed !== undefined) return { assignment: { ...assignment, assets: {} }, prewarmed };
    const snapshot = await this.#snapshots.get(worktime, assets);
    return { assignment: { ...assignment, ...(snapshot === undefined ? {} : { snapshot }) } };
  }

  /** Starts a sandbox for `owner` without a job. Rejects as `SandboxHost.start`. */
  async start({ prewarmed }: WarmStart, owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    if (prewarmed === undefined) return this.#ports.host.start(owner, handlers);
    prewarmed.setHandlers(handlers);
    return prewarmed.sandbox;
  }

  /** The set-up that began with `prepare` has finished or failed. */
  setupFinished(): void {
    if (this.#ports.policy !== 'cold') this.#prewarmed.setupFinished();
  }

  /** A sandbox could not use the snapshot of that worktime. */
  rejectSnapshot(worktime: WorktimeName): void {
    this.#snapshots.reject(worktime);
  }

  /** Ends all prewarmed sandboxes. */
  close(): void {
    this.#state = 'closed';
    this.#prewarmed.close();
  }
}
