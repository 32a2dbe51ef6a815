/**
 * The environment that a kind of thread (browser Worker, Deno Worker, Node thread) provides to the sandbox in it.
 * @module
 */
import type {
  SandboxToSupervisor,
  SupervisorToSandbox,
  WorktimeFiles,
} from '../../protocol/messages/sandbox-messages.js';
import type { CompileEnv } from '../runtime/compile.js';
import type { RuntimeFiles, V8Engine } from '../runtime/runtime-env.js';

export interface SandboxPort {
  post(message: SandboxToSupervisor, transfer?: ArrayBuffer[]): void;
  /** Called once, at the start. */
  onMessage(fn: (message: SupervisorToSandbox) => void): void;
}

export interface SandboxEnv {
  /** The global object that job code will see. */
  readonly scope: object;
  readonly compile: CompileEnv;
  /** The files of a worktime. `assets`: those that the supervisor sent. */
  readonly openFiles: (worktime: string, assets: WorktimeFiles) => RuntimeFiles;
  /** The engine, where the thread can change its flags. */
  readonly v8?: V8Engine;
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

/**
 * Blocks the thread for `ms` milliseconds at most; not at all if a message is pending, that is, if more than `received`
 * messages were sent. Returns false where this thread cannot be blocked.
 */
export type Sleep = (ms: number, received: number) => boolean;
