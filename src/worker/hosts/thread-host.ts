/**
 * Sandboxes as threads of this Node process (worker_threads). They share the process with the worker: only for jobs of
 * trusted owners.
 * @module
 */
import { Worker } from 'node:worker_threads';
import { ManyhandsError } from '../../lib/errors.js';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from './port/sandbox-host.js';

export interface ThreadHostOptions {
  /** URL of the thread's script. @default the built one in dist/ */
  script?: URL;
  /** Maximum old generation of one thread's JavaScript heap, MiB; buffers and WebAssembly memory do not count. @default 512 */
  heapMiB?: number;
  /** Whether the process may end while threads run. @default false */
  background?: boolean;
}

const HEAP_MIB_DEFAULT = 512;
const YOUNG_MIB = 64;
const STACK_MIB = 4;

/** Creates a host of sandboxes in threads of this process. */
export function threadHost(options: ThreadHostOptions = {}): SandboxHost {
  return new ThreadHost(options);
}

class ThreadHost implements SandboxHost {
  readonly isolation = 'thread';
  readonly #options: ThreadOptions;
  readonly #threads = new Set<ThreadSandbox>();
  #state: 'open' | 'closed' = 'open';

  constructor(options: ThreadHostOptions) {
    this.#options = {
      script: options.script ?? new URL('../../worktimes/sandbox/thread-sandbox.js', import.meta.url),
      heapMiB: options.heapMiB ?? HEAP_MIB_DEFAULT,
      isBackground: options.background === true,
    };
  }

  async start(_owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    if (this.#state === 'closed') {
      throw new ManyhandsError('CLOSED', 'This host of sandboxes is closed; make a new one');
    }
    const thread = new ThreadSandbox(this.#options, handlers, () => this.#threads.delete(thread));
    this.#threads.add(thread);
    await thread.started();
    return thread;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }
}

interface ThreadOptions {
  readonly script: URL;
  readonly heapMiB: number;
  readonly isBackground: boolean;
}

class ThreadSandbox implements Sandbox {
  readonly sleeps = true;
  readonly #worker: Worker;
  /** Number of messages sent; the thread waits on it (futex) and wakes when it changes. */
  readonly #waitSignal = new Int32Array(new SharedArrayBuffer(4));
  readonly #online: Promise<void>;
  readonly #gone: Promise<void>;
  #reason: string | undefined;

  constructor(
    { script, heapMiB, isBackground }: ThreadOptions,
    handlers: SandboxHandlers,
    onExit: () => void,
  ) {
    this.#worker = new Worker(script, {
      name: 'manyhands sandbox',
      argv: [],
      workerData: { waitSignal: this.#waitSignal },
      env: {},
      execArgv: [],
      stdin: false,
      // Captured and discarded: the job's console output arrives as messages.
      stdout: true,
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: heapMiB,
        maxYoungGenerationSizeMb: YOUNG_MIB,
        stackSizeMb: STACK_MIB,
      },
    });
    const worker = this.#worker;
    // A stream that is read keeps the process running. Nothing is written to it: job code has a console of its own.
    if (!isBackground) for (const stream of [worker.stdout, worker.stderr]) stream.resume();
    let begun = false;
    worker.on('message', (raw: unknown) => handlers.message(raw));
    worker.on('error', (error: unknown) => {
      this.#reason ??= reasonOf(error, heapMiB);
    });
    worker.on('messageerror', () => handlers.message(undefined));
    this.#online = new Promise((resolve, reject) => {
      worker.once('online', () => {
        begun = true;
        resolve();
      });
      worker.once('exit', (code) => {
        const reason = this.#reason ?? `The sandbox thread ended by itself with code ${code}.`;
        reject(new ManyhandsError('ISOLATION_UNAVAILABLE', `The sandbox thread did not start. ${reason}`));
      });
    });
    this.#gone = new Promise((resolve) => {
      worker.once('exit', (code) => {
        onExit();
        if (begun) handlers.exit(this.#reason ?? `The sandbox thread ended by itself with code ${code}.`);
        resolve();
      });
    });
    // Prevents an unhandled rejection if the thread is killed before `started` is called.
    this.#online.catch(() => undefined);
    // After the listeners: adding one for messages refers to the thread again.
    if (isBackground) worker.unref();
  }

  started(): Promise<void> {
    return this.#online;
  }

  send(message: SupervisorToSandbox, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
    Atomics.add(this.#waitSignal, 0, 1);
    Atomics.notify(this.#waitSignal, 0);
  }

  kill(): void {
    void this.end();
  }

  /** Terminates the thread; resolves when it has ended. */
  async end(): Promise<void> {
    this.#reason ??= 'The sandbox thread was killed.';
    await this.#worker.terminate();
    await this.#gone;
  }
}

function reasonOf(error: unknown, heapMiB: number): string {
  if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return `The sandbox thread ran out of memory: its JavaScript heap reached ${heapMiB} MiB.`;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `An uncaught error ended the sandbox thread: ${text}`;
}
