/**
 * One sandbox in a process of Deno that has no permissions: started, spoken to over its pipes, watched, killed.
 * @module
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../../lib/clock.js';
import { deferred } from '../../../lib/deferred.js';
import { ManyhandsError } from '../../../lib/errors.js';
import { VALUE_BYTES_MAX } from '../../../protocol/limits.js';
import type { SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';
import { killGroup, type DenoFolder } from './deno-folder.js';
import type { FromDeno, ToDeno } from './inside/pipe-messages.js';
import type { MemoryGroups, MemoryHold } from '../process/memory-groups.js';
import type { MemoryWatch } from '../process/memory-watch.js';
import { MessageRation } from '../port/message-rate.js';
import { processCpuMs } from '../process/process-cpu.js';
import { encodeFrame, FrameReader } from '../process/message-framing.js';
import type { Sandbox, SandboxHandlers } from '../port/sandbox-host.js';

const MiB = 1024 * 1024;
/** From starting the process to its first word: a slow machine reads 90 MB of program first. */
const START_MS_MAX = 30_000;
/** What a sandbox may send with one message: a value of the greatest size in its segment. */
const BODY_BYTES_MAX = VALUE_BYTES_MAX + 64 * 1024;
/** What is kept of what the process says when it dies. */
const LAST_WORDS_LENGTH = 4_096;
const REASON_LENGTH_MAX = 500;

export interface DenoProcessOptions {
  deno: string;
  folder: DenoFolder;
  /** The sandbox script. */
  script: Uint8Array;
  /** Resident memory of the process at most, MiB. */
  memoryMiB: number;
  /** JavaScript heap at most, MiB. */
  heapMiB: number;
  watch: MemoryWatch;
  /** By which the kernel holds the bound, too. */
  groups?: MemoryGroups | undefined;
  clock: Clock;
  handlers: SandboxHandlers;
  /** Tells the host, before the supervisor hears of it. */
  over(): void;
}

/** No permission at all, said twice: none is granted, and each is denied. */
const FLAGS = [
  '--no-prompt',
  ...['read', 'write', 'net', 'env', 'sys', 'run', 'ffi', 'import'].map((what) => `--deny-${what}`),
  '--no-remote',
  '--no-npm',
  '--cached-only',
  '--no-config',
  '--no-lock',
  '--no-code-cache',
];

export class DenoSandbox implements Sandbox {
  readonly sleeps = true;
  readonly #options: DenoProcessOptions;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #leave: () => void;
  readonly #up = deferred();
  readonly #gone = deferred();
  readonly #ration: MessageRation;
  #state: 'starting' | 'running' | 'over' = 'starting';
  #reason: string | undefined;
  #lastWords = '';
  #hold: MemoryHold | undefined;

  constructor(options: DenoProcessOptions) {
    this.#options = options;
    this.#ration = new MessageRation(options.clock.monotonicMs());
    this.#child = startProcess(options);
    this.#leave = options.folder.inhabit(this.#child.pid);
    const { stdin, stdout, stderr } = this.#child;
    const reader = new FrameReader({ bodyBytesMax: BODY_BYTES_MAX }, (message) => this.#onMessage(message));
    stdout.on('data', (piece: Buffer) => {
      if (this.#reason !== undefined) return;
      const wrong = reader.push(piece);
      if (wrong !== undefined) this.#end(`The sandbox wrote what is no message: ${wrong}.`);
    });
    stderr.setEncoding('utf8');
    stderr.on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_LENGTH);
    });
    // A process that is gone is heard of by its end.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    this.#child.once('error', (error) => this.#onEnd(`It could not be started: ${error.message}`));
    this.#child.once('close', (code, signal) => this.#onEnd(this.#explain(code, signal)));
    this.#up.promise.catch(() => undefined);
  }

  /** Resolves when the sandbox can be spoken to. Rejects with ISOLATION_UNAVAILABLE; `exit` is not called then. */
  async started(): Promise<void> {
    const { clock, watch, memoryMiB, script, groups } = this.#options;
    const cancel = clock.after(START_MS_MAX, () =>
      this.#end(`It did not start within ${START_MS_MAX / 1_000} s.`),
    );
    const { pid } = this.#child;
    // The process is given its script after this: until then nothing in it takes memory.
    if (pid !== undefined) this.#hold = groups?.hold(pid, memoryMiB * MiB);
    const unwatch =
      pid === undefined
        ? undefined
        : watch.watch(pid, memoryMiB * MiB, (bytes) =>
            this.#end(
              `The sandbox ran out of memory: its process reached ${Math.round(bytes / MiB)} MiB, where ${memoryMiB} is the most.`,
            ),
          );
    void this.#gone.promise.then(unwatch);
    this.#write({ type: 'open', script });
    try {
      await this.#up.promise;
    } finally {
      cancel();
    }
  }

  send(message: SupervisorToSandbox): void {
    if (this.#state !== 'running') return;
    if (message.type === 'run') this.#ration.fed();
    this.#write({ type: 'message', message });
  }

  async cpuMs(): Promise<number | undefined> {
    const { pid } = this.#child;
    return pid === undefined ? undefined : processCpuMs(pid);
  }

  kill(): void {
    this.#end('The sandbox process was killed.');
  }

  /** Kills it; resolves when it is gone. */
  async end(): Promise<void> {
    this.kill();
    await this.#gone.promise;
  }

  #write(message: ToDeno): void {
    const { stdin } = this.#child;
    if (!stdin.writable) return;
    stdin.cork();
    for (const piece of encodeFrame(message)) stdin.write(piece);
    stdin.uncork();
  }

  #onMessage(raw: unknown): void {
    // What came behind the words that ended it is not listened to.
    if (this.#reason !== undefined) return;
    const said = raw as Partial<Record<'type' | 'finding' | 'reason' | 'message', unknown>> | null;
    switch (said?.type as FromDeno['type'] | undefined) {
      case 'up':
        return this.#onUp(said?.finding);
      case 'message':
        return this.#onSandboxMessage(said?.message);
      case 'exit':
        return this.#end(String(said?.reason).slice(0, REASON_LENGTH_MAX));
      default:
        return this.#end('The sandbox wrote a message of an unknown kind.');
    }
  }

  /** Whatever the sandbox does, also before it is ready and while nobody uses it. */
  #onSandboxMessage(message: unknown): void {
    const { clock, handlers } = this.#options;
    const tooMuch = this.#ration.heard(message, clock.monotonicMs());
    if (tooMuch === undefined) handlers.message(message);
    else this.#end(tooMuch);
  }

  #onUp(finding: unknown): void {
    if (this.#state !== 'starting') return this.#end('The sandbox started twice.');
    if (finding !== '')
      return this.#end(`It is not isolated: ${String(finding).slice(0, REASON_LENGTH_MAX)}.`);
    this.#state = 'running';
    this.#up.resolve();
  }

  /** The whole group at once, without a chance to answer. */
  #end(reason: string): void {
    if (this.#state === 'over') return;
    this.#reason ??= reason;
    if (this.#child.pid !== undefined) killGroup(this.#child.pid);
  }

  #onEnd(reason: string): void {
    if (this.#state === 'over') return;
    const wasUp = this.#state === 'running';
    this.#state = 'over';
    const why = this.#reason ?? (this.#hold?.ranOut() === true ? this.#ranOut() : reason);
    this.#hold?.release();
    this.#leave();
    this.#options.over();
    this.#gone.resolve();
    if (wasUp) this.#options.handlers.exit(why);
    else {
      const text = `The sandbox process of Deno did not start. ${why}`;
      this.#up.reject(new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'deno' }));
    }
  }

  #ranOut(): string {
    const { memoryMiB } = this.#options;
    return `The sandbox ran out of memory: it needs more than ${memoryMiB} MiB, which is the most.`;
  }

  #explain(code: number | null, signal: string | null): string {
    if (/out of memory|heap limit/i.test(this.#lastWords)) {
      return `The sandbox ran out of memory: its JavaScript heap reached ${this.#options.heapMiB} MiB.`;
    }
    const words = this.#lastWords.trim().slice(0, REASON_LENGTH_MAX);
    const how = signal === null ? `code ${code}` : signal;
    return `The sandbox process ended by itself with ${how}${words === '' ? '.' : `: ${words}`}`;
  }
}

function startProcess({
  deno,
  folder,
  heapMiB,
}: DenoProcessOptions): ChildProcessByStdio<Writable, Readable, Readable> {
  const args = [
    'run',
    ...FLAGS,
    `--import-map=${folder.importMap}`,
    `--v8-flags=--max-old-space-size=${heapMiB}`,
    folder.script,
  ];
  return spawn(deno, args, {
    cwd: folder.home,
    env: denoEnvironment(folder),
    // A group of its own: a signal of the terminal does not reach it, and it can be killed whole.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** All of the environment that a process of Deno gets. */
export function denoEnvironment(folder: DenoFolder): Record<string, string> {
  const { SystemRoot } = process.env;
  return {
    DENO_DIR: folder.cache,
    DENO_NO_UPDATE_CHECK: '1',
    DENO_NO_PACKAGE_JSON: '1',
    NO_COLOR: '1',
    // Windows starts nothing without it.
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
  };
}
