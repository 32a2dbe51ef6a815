/**
 * What a kind of thread gives to the sandbox that runs in it.
 * @module
 */

/**
 * Blocks the thread for `ms` at most; not at all where a message is on its way, `heard` being how many have come. Says
 * `false` where this thread cannot be blocked.
 */

/** Ends the sandbox at once, without a further word: what it would say is not to be trusted. */
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

/** What the kind of thread gives. */
export interface SandboxPlace {
  /** The global object, which job code will see. */
  readonly scope: object;
  /**
   * Starts the runtime of a worktime that the supervisor chose, in the realm as job code will find it. `assets` are
   * its files, where the supervisor handed some in; `fail` is for when it breaks later.
   */
  loadRuntime(name: string, assets: WorktimeFiles, fail: Fail, start?: RuntimeStart): Promise<Runtime>;
  /** Starts the runtime of a worktime for its memory alone; absent where no worktime can give it. */
  makeSnapshot?(name: string, assets: WorktimeFiles): Promise<Uint8Array>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Calls `then` in a later turn of the event loop, so that messages and timers get theirs: by no global of now. */
  readonly nextTurn: (then: () => void) => void;
  /** Blocks the thread; absent where it cannot. */
  readonly sleep?: Sleep;
  /** Calls `report` for what job code left to fail outside a slice: rejections nobody awaited, throwing timers. */
  onStrayError(report: (error: unknown) => void): void;
  /** Ends the thread, in a later turn, by an error that nothing catches. */
  endBy(error: Error): void;
}
export type Fail = (error: unknown) => void;
export type Sleep = (ms: number, heard: number) => boolean;
