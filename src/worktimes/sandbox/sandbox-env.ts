/**
 * The environment that a kind of thread (browser Worker, Deno Worker, Node thread) provides to the sandbox in it.
 * @module
 */
import type {
  SandboxToSupervisor,
  SupervisorToSandbox,
  WorktimeFiles,
} from '../../protocol/messages/sandbox-messages.js';
import type { Runtime, RuntimeStart } from '../runtime/runtime.js';

export interface SandboxPort {
  post(message: SandboxToSupervisor, transfer?: ArrayBuffer[]): void;
  /** Called once, at the start. */
  onMessage(fn: (message: SupervisorToSandbox) => void): void;
}

export interface SandboxEnv {
  /** The global object that job code will see. */
  readonly scope: object;
  /**
   * Starts the runtime of the worktime that the supervisor chose, in the realm as job code will find it. `assets` are
   * its files, as far as the supervisor sent them; the runtime calls `fail` when it breaks later.
   */
  loadRuntime(name: string, assets: WorktimeFiles, fail: Fail, start?: RuntimeStart): Promise<Runtime>;
  /** Starts the runtime of a worktime and returns its memory snapshot; absent where no worktime supports that. */
  makeSnapshot?(name: string, assets: WorktimeFiles): Promise<Uint8Array>;
  /** Monotonic clock, milliseconds. */
  readonly now: () => number;
  /** Calls `then` in a later turn of the event loop, after messages and timers. Uses no global that job code can replace. */
  readonly nextTurn: (then: () => void) => void;
  /** Absent where the thread cannot be blocked. */
  readonly sleep?: Sleep;
  /** Calls `report` for errors outside of a slice's call: unhandled rejections, timers that throw. */
  onUncaughtError(report: (error: unknown) => void): void;
  /** Ends the thread in a later turn by an uncaught error. */
  terminate(error: Error): void;
}

/** Ends the sandbox at once and sends nothing more: its messages can no longer be trusted. */
export type Fail = (error: unknown) => void;

/**
 * Blocks the thread for `ms` milliseconds at most; not at all if a message is pending, that is, if more than `received`
 * messages were sent. Returns false where this thread cannot be blocked.
 */
export type Sleep = (ms: number, received: number) => boolean;
