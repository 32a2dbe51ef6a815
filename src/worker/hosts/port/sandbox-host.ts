/**
 * The sandbox port: an isolated thread that runs one job's slices. The hosts (`thread`, `browser`, `deno`, `chromium`)
 * only start sandboxes, forward their messages and kill them.
 * @module
 */
import type { SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';

export interface Sandbox {
  /** Whether a quiesced sandbox blocks its thread until the next message, so that it need not be asked again. @default false */
  readonly sleeps?: boolean;
  /**
   * Processor time used so far, measured by the system, milliseconds; undefined where it is unknown. Absent where the
   * sandbox shares its process with others.
   */
  cpuMs?(): Promise<number | undefined>;
  send(message: SupervisorToSandbox, transfer?: ArrayBuffer[]): void;
  /** Kills it at once; `exit` is called exactly once. */
  kill(): void;
}

export interface SandboxHandlers {
  /** A message of the sandbox, not yet validated. */
  message(raw: unknown): void;
  /** The sandbox has ended; `reason` is a sentence. `isShared`: others ended with it, and any of them may be the cause. */
  exit(reason: string, isShared?: boolean): void;
}

export interface SandboxHost {
  readonly isolation: 'browser' | 'deno' | 'chromium' | 'thread';
  /** Starts a sandbox without a job, for jobs of `owner`. Rejects with a coded error. */
  start(owner: string, handlers: SandboxHandlers): Promise<Sandbox>;
  /** Kills all sandboxes. */
  close(): Promise<void>;
}
