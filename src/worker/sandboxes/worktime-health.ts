/**
 * Which worktimes still start on this machine. Where a job could not be set up, its worktime is started in a sandbox
 * that has nobody's code in it: if that fails too, the job is not to blame, and the worktime is withdrawn from what the
 * worker offers until it starts again.
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

/** A worktime that started is not tested again for so long, whatever jobs do, milliseconds. */
const PROVEN_MS = 60_000;
/** From its withdrawal to the next test, milliseconds; each further wait is twice as long, up to the greatest. */
const RETRY_MS = 30_000;
const RETRY_MS_MAX = 30 * 60_000;

export interface WorktimeHealthPorts {
  host: SandboxHost;
  clock: Clock;
  worktimeFiles: LoadWorktimeFiles;
  /** Whether a test would tell something: there is a connection to get files over, and the worker does not rest. */
  mayTest: () => boolean;
  /** The worker offers other worktimes now. */
  changed: (worktime: WorkerEvents['worktime']) => void;
}

interface Record {
  test?: Promise<boolean>;
  /** When it last started, on the monotonic clock, milliseconds. */
  provenMs?: number;
  withdrawn?: { reason: string; retryMs: number };
  cancelRetry?: CancelTimer;
}

export class WorktimeHealth {
  readonly #ports: WorktimeHealthPorts;
  readonly #records = new Map<string, Record>();
  readonly #closing = new AbortController();
  #all: readonly WorktimeName[];
  #lastId = 0;

  /** `worktimes`: what the worker would offer where all of them start. */
  constructor(worktimes: readonly WorktimeName[], ports: WorktimeHealthPorts) {
    this.#all = worktimes;
    this.#ports = ports;
  }

  /** What the worker offers now. */
  get worktimes(): WorktimeName[] {
    return this.#all.filter((worktime) => this.#recordOf(worktime).withdrawn === undefined);
  }

  /**
   * Runs a slice of our own; what cannot run here is never offered. Resolves with why, in sentences for people.
   * @throws ISOLATION_UNAVAILABLE where nothing can run
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
   * Whether a worktime starts, asked where a job of it could not be set up; one that does not is withdrawn. Without a
   * connection, or while the worker rests, the answer is that it does not, and nothing is withdrawn. Never rejects.
   */
  async starts(worktime: WorktimeName): Promise<boolean> {
    const record = this.#recordOf(worktime);
    if (record.withdrawn !== undefined) return false;
    const { clock, mayTest } = this.#ports;
    const { provenMs } = record;
    if (provenMs !== undefined && clock.monotonicMs() - provenMs < PROVEN_MS) return true;
    if (!mayTest()) return false;
    record.test ??= this.#firstTest(worktime, record).finally(() => delete record.test);
    return record.test;
  }

  /** Ends its timers and what it tests. */
  close(): void {
    this.#closing.abort();
    for (const { cancelRetry } of this.#records.values()) cancelRetry?.();
  }

  #recordOf({ name, version }: WorktimeName): Record {
    const key = `${name} ${version}`;
    const record = this.#records.get(key) ?? {};
    this.#records.set(key, record);
    return record;
  }

  async #firstTest(worktime: WorktimeName, record: Record): Promise<boolean> {
    const reason = await this.#test(worktime, record);
    // A worker that closes, or lost its connection meanwhile, has found out nothing.
    if (reason === undefined) return true;
    if (this.#closing.signal.aborted || !this.#ports.mayTest()) return false;
    record.withdrawn = { reason, retryMs: RETRY_MS };
    this.#retryLater(worktime, record);
    this.#ports.changed({ ...nameOf(worktime), isOffered: false, reason });
    return false;
  }

  #retryLater(worktime: WorktimeName, record: Record): void {
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

  /** Why it does not start; undefined where it does. */
  async #test(worktime: WorktimeName, record: Record): Promise<string | undefined> {
    const { host, clock, worktimeFiles } = this.#ports;
    try {
      const assets = await worktimeFiles(worktime);
      const owner = `spare:test-${++this.#lastId}`;
      const message = { type: 'warm', worktime, assets } as const;
      const { sandbox } = await setUpSandbox(host, clock, owner, message, this.#closing.signal);
      sandbox.kill();
      record.provenMs = clock.monotonicMs();
      return undefined;
    } catch (error) {
      if (isError(error)) return error.message;
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
  }
}

/** A description says more of it. */
function nameOf({ name, version }: WorktimeName): WorktimeName {
  return { name, version };
}
