/**
 * Tracks which worktimes start on this machine. When the set-up of a job failed, its worktime is started in a sandbox
 * without job code: if that fails too, the job is not charged, and the worktime is withdrawn from the worker's
 * description until it starts again.
 * @module
 */
import type { CancelTimer, Clock } from '../../lib/clock.js';
import { isError, ManyhandsError } from '../../lib/errors.js';
import type { WorktimeName } from '../../protocol/messages/messages.js';
import type { LoadWorktimeFiles } from '../assets/job-package-cache.js';
import type { SandboxHost } from '../hosts/port/sandbox-host.js';
import { testSandboxes } from './self-test.js';
import { setUpSandbox } from './start/set-up-sandbox.js';
import type { WorkerEvents } from '../options/worker-events.js';

/** After a successful start the worktime is not tested again for this long, milliseconds. */
const STARTED_VALID_MS = 60_000;
/** Delay from the withdrawal to the next test, milliseconds; doubles with each failure, up to the maximum. */
const RETRY_MS = 30_000;
const RETRY_MS_MAX = 30 * 60_000;

export interface WorktimeHealthPorts {
  host: SandboxHost;
  clock: Clock;
  worktimeFiles: LoadWorktimeFiles;
  /** Whether a test is meaningful: the scheduler is connected, so that files can be loaded, and the worker is not paused. */
  mayTest: () => boolean;
  /** The set of offered worktimes changed. */
  changed: (worktime: WorkerEvents['worktime']) => void;
}

interface HealthRecord {
  test?: Promise<boolean>;
  /** Last successful start, monotonic clock, milliseconds. */
  startedMs?: number;
  withdrawn?: { reason: string; retryMs: number };
  cancelRetry?: CancelTimer;
}

export class WorktimeHealth {
  readonly #ports: WorktimeHealthPorts;
  readonly #records = new Map<string, HealthRecord>();
  readonly #closing = new AbortController();
  #all: readonly WorktimeName[];
  #releases: readonly WorktimeName[] = [];
  #lastId = 0;

  /** `worktimes`: those to offer if all of them start. */
  constructor(worktimes: readonly WorktimeName[], ports: WorktimeHealthPorts) {
    this.#all = worktimes;
    this.#ports = ports;
  }

  /** The worktimes that the worker offers now. */
  get worktimes(): WorktimeName[] {
    return [...this.#all, ...this.#releases].filter(
      (worktime) => this.#recordOf(worktime).withdrawn === undefined,
    );
  }

  /** Other releases of its worktimes that its scheduler serves. Returns whether this changes what it offers. */
  serveReleases(offered: readonly WorktimeName[]): boolean {
    const isOther = ({ name, version }: WorktimeName): boolean =>
      this.#all.some((one) => one.name === name) &&
      !this.#all.some((one) => one.name === name && one.version === version);
    const releases = offered.filter(isOther).map(nameOf);
    const isChanged = JSON.stringify(releases) !== JSON.stringify(this.#releases);
    this.#releases = releases;
    return isChanged;
  }

  /**
   * Runs the self-test; worktimes that fail it are never offered. Resolves with one sentence for each of those.
   * @throws ISOLATION_UNAVAILABLE where no job can run
   */
  async testSandboxes(): Promise<string[]> {
    const { host, clock } = this.#ports;
    const { worktimes, missing } = await testSandboxes(host, clock, this.#all);
    this.#all = worktimes;
    return missing;
  }

  /** @throws ISOLATION_UNAVAILABLE where the worktime is withdrawn, with the reason */
  checkOffered(worktime: WorktimeName): void {
    const { withdrawn } = this.#recordOf(worktime);
    if (withdrawn === undefined) return;
    const text = `The worktime ${worktime.name} does not start on this machine: ${withdrawn.reason}`;
    throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { name: worktime.name });
  }

  /**
   * Whether the worktime starts; called after the set-up of a job failed. A worktime that does not start is withdrawn.
   * Without a connection, or while the worker is paused, resolves with false and withdraws nothing. Never rejects.
   */
  async canStart(worktime: WorktimeName): Promise<boolean> {
    const record = this.#recordOf(worktime);
    if (record.withdrawn !== undefined) return false;
    const { clock, mayTest } = this.#ports;
    const { startedMs } = record;
    if (startedMs !== undefined && clock.monotonicMs() - startedMs < STARTED_VALID_MS) return true;
    if (!mayTest()) return false;
    record.test ??= this.#firstTest(worktime, record).finally(() => delete record.test);
    return record.test;
  }

  /** Cancels its timers and tests. */
  close(): void {
    this.#closing.abort();
    for (const { cancelRetry } of this.#records.values()) cancelRetry?.();
  }

  #recordOf({ name, version }: WorktimeName): HealthRecord {
    const key = `${name} ${version}`;
    const record = this.#records.get(key) ?? {};
    this.#records.set(key, record);
    return record;
  }

  async #firstTest(worktime: WorktimeName, record: HealthRecord): Promise<boolean> {
    const reason = await this.#test(worktime, record);
    // If the worker closed or disconnected meanwhile, the test says nothing about the worktime.
    if (reason === undefined) return true;
    if (this.#closing.signal.aborted || !this.#ports.mayTest()) return false;
    record.withdrawn = { reason, retryMs: RETRY_MS };
    this.#retryLater(worktime, record);
    this.#ports.changed({ ...nameOf(worktime), isOffered: false, reason });
    return false;
  }

  #retryLater(worktime: WorktimeName, record: HealthRecord): void {
    const { clock, mayTest, changed } = this.#ports;
    const retry = async (): Promise<void> => {
      const { withdrawn } = record;
      if (withdrawn === undefined) return;
      const isTested = mayTest();
      const reason = isTested ? await this.#test(worktime, record) : withdrawn.reason;
      if (this.#closing.signal.aborted) return;
      if (reason === undefined) {
        delete record.withdrawn;
        return changed({ ...nameOf(worktime), isOffered: true });
      }
      const retryMs = isTested ? Math.min(RETRY_MS_MAX, withdrawn.retryMs * 2) : withdrawn.retryMs;
      record.withdrawn = { reason, retryMs };
      this.#retryLater(worktime, record);
    };
    record.cancelRetry = clock.after(record.withdrawn!.retryMs, () => void retry(), { background: true });
  }

  /** The reason why it does not start; undefined where it does. */
  async #test(worktime: WorktimeName, record: HealthRecord): Promise<string | undefined> {
    const { host, clock, worktimeFiles } = this.#ports;
    try {
      const assets = await worktimeFiles(worktime);
      const owner = `prewarmed:test-${++this.#lastId}`;
      const message = { type: 'warm', worktime, assets } as const;
      const { sandbox } = await setUpSandbox(host, clock, owner, message, this.#closing.signal);
      sandbox.kill();
      record.startedMs = clock.monotonicMs();
      return undefined;
    } catch (error) {
      if (isError(error)) return error.message;
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  }
}

/** Name and version only: `WORKTIMES` entries have more fields. */
function nameOf({ name, version }: WorktimeName): WorktimeName {
  return { name, version };
}
