/**
 * The sandbox port: one isolated thread that runs one job's slices. Hosts: `thread` (worker_threads) and
 * `browser-frame`; each only starts it, carries its messages and kills it.
 * @module
 */
import type {
  SandboxToSupervisor,
  SupervisorToSandbox,
} from '../../../protocol/messages/sandbox-messages.js';

export interface Sandbox {
  /** Whether one that rests runs nothing at all before it is sent something: nobody need look after it. @default false */
  readonly sleeps?: boolean;
  /**
   * Processor time that it has taken so far, milliseconds, as the system counts it; undefined where that is not known.
   * Absent where it shares its process with others.
   */
  cpuMs?(): Promise<number | undefined>;
  send(message: SupervisorToSandbox, transfer?: ArrayBuffer[]): void;
  /** Kills it at once; `exit` is called once, in any case. */
  kill(): void;
}

export interface SandboxHandlers {
  /** Unchecked: whatever job code or its harness posted. */
  message(raw: unknown): void;
  /** It is gone: `reason` is a sentence for people. `isShared`: others went with it, and any of them may be the cause. */
  exit(reason: string, isShared?: boolean): void;
}

export interface SandboxHost {
  readonly isolation: 'browser' | 'deno' | 'chromium' | 'thread';
  /** Starts an empty sandbox for a job of `owner`. Rejects with a coded error when it cannot. */
  start(owner: string, handlers: SandboxHandlers): Promise<Sandbox>;
  /** Kills all that is left. */
  close(): Promise<void>;
}

/** The typed view of a message that was checked. */
export type CheckedSandboxMessage = SandboxToSupervisor;
