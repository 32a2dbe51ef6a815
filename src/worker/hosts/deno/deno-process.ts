/**
 * One sandbox in a Deno process without permissions: starts it, communicates over its pipes, monitors and kills it.
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
import { tryCheck } from '../../../protocol/schema/check.js';
import { fromDeno, type ToDeno } from './inside/pipe-messages.js';
import type { MemoryGroups, MemoryHold } from '../process/memory-groups.js';
import type { MemoryWatch } from '../process/memory-watch.js';
import { MessageRateLimit } from '../port/message-rate.js';
import { processCpuMs } from '../process/process-cpu.js';
import { encodeFrame, FrameReader } from '../process/message-framing.js';
import type { Sandbox, SandboxHandlers } from '../port/sandbox-host.js';

const MiB = 1024 * 1024;
/** Maximum time from the start of the process to its first message, milliseconds: it may read 90 MB of program first. */
const START_MS_MAX = 30_000;
/** Maximum bytes beside the text in one message: the largest value in its segment. */
const BODY_BYTES_MAX = VALUE_BYTES_MAX + 64 * 1024;
/** Number of characters kept of what the process writes to standard error. */
const STDERR_TAIL_LENGTH = 4_096;
/** Number of these characters that are reported. */
const STDERR_REPORTED_LENGTH = 500;

export interface DenoProcessOptions {
  deno: string;
  folder: DenoFolder;
  /** The sandbox script. */
  script: Uint8Array;
  /** Maximum resident memory of the process, MiB. */
  memoryMiB: number;
  /** Maximum JavaScript heap, MiB. */
  heapMiB: number;
  watch: MemoryWatch;
  /** Control groups that enforce the memory limit, if available. */
  groups?: MemoryGroups | undefined;
  clock: Clock;
  handlers: SandboxHandlers;
  /** Called before the supervisor's `exit` handler. */
  over(): void;
}

/** No permissions, twice: none is granted, and each is denied. */
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
  readonly #unregister: () => void;
  readonly #up = deferred();
  readonly #gone = deferred();
  readonly #rateLimit: MessageRateLimit;
  #state: 'starting' | 'running' | 'over' = 'starting';
  #reason: string | undefined;
  #stderrTail = '';
  #hold: MemoryHold | undefined;

  constructor(options: DenoProcessOptions) {
    this.#options = options;
    this.#rateLimit = new MessageRateLimit(options.clock.monotonicMs());
    this.#child = startProcess(options);
    this.#unregister = options.folder.registerProcess(this.#child.pid);
    const { stdin, stdout, stderr } = this.#child;
    const reader = new FrameReader({ bodyBytesMax: BODY_BYTES_MAX }, (message) => this.#onMessage(message));
    stdout.on('data', (piece: Buffer) => {
      if (this.#reason !== undefined) return;
      const wrong = reader.push(piece);
      if (wrong !== undefined) this.#end(`The sandbox wrote a malformed message: ${wrong}.`);
    });
    stderr.setEncoding('utf8');
    stderr.on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_LENGTH);
    });
    // Errors of the pipes are ignored: the end of the process is reported by `close`.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    this.#child.once('error', (error) => this.#onEnd(`It could not be started: ${error.message}`));
    this.#child.once('close', (code, signal) => this.#onEnd(this.#explain(code, signal)));
    this.#up.promise.catch(() => undefined);
  }

  /** Resolves when the sandbox accepts messages. @throws ISOLATION_UNAVAILABLE; `exit` is not called then */
  async started(): Promise<void> {
    const { clock, watch, memoryMiB, script, groups } = this.#options;
    const cancel = clock.after(START_MS_MAX, () =>
      this.#end(`It did not start within ${START_MS_MAX / 1_000} s.`),
    );
    const { pid } = this.#child;
    // The script is sent after this: until then the process allocates little memory.
    if (pid !== undefined) this.#hold = groups?.hold(pid, memoryMiB * MiB);
    const unwatch =
      pid === undefined
        ? undefined
        : watch.watch(pid, memoryMiB * MiB, (bytes) =>
            this.#end(
              `The sandbox ran out of memory: its process reached ${Math.round(bytes / MiB)} MiB; the limit is ${memoryMiB} MiB.`,
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
    if (message.type === 'run') this.#rateLimit.batchSent();
    this.#write({ type: 'message', message });
  }

  async cpuMs(): Promise<number | undefined> {
    const { pid } = this.#child;
    return pid === undefined ? undefined : processCpuMs(pid);
  }

  kill(): void {
    this.#end('The sandbox process was killed.');
  }

  /** Kills the process; resolves when it has ended. */
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
    // Messages after the one that ended it are ignored.
    if (this.#reason !== undefined) return;
    const checked = tryCheck(fromDeno, raw);
    if ('problem' in checked) return this.#end(`The sandbox wrote a malformed message: ${checked.problem}.`);
    const { ok: message } = checked;
    switch (message.type) {
      case 'up':
        return this.#onUp(message.finding);
      case 'message':
        return this.#onSandboxMessage(message.message);
      case 'exit':
        return this.#end(message.reason);
    }
  }

  /** The limit applies from the start, even before the sandbox is ready. */
  #onSandboxMessage(message: unknown): void {
    const { clock, handlers } = this.#options;
    const tooMuch = this.#rateLimit.check(message, clock.monotonicMs());
    if (tooMuch === undefined) handlers.message(message);
    else this.#end(tooMuch);
  }

  #onUp(finding: string): void {
    if (this.#state !== 'starting') return this.#end('The sandbox started twice.');
    if (finding !== '') return this.#end(`It is not isolated: ${finding}.`);
    this.#state = 'running';
    this.#up.resolve();
  }

  /** Kills the whole group at once. */
  #end(reason: string): void {
    if (this.#state === 'over') return;
    this.#reason ??= reason;
    if (this.#child.pid !== undefined) killGroup(this.#child.pid);
  }

  #onEnd(reason: string): void {
    if (this.#state === 'over') return;
    const wasUp = this.#state === 'running';
    this.#state = 'over';
    const why = this.#reason ?? (this.#hold?.isOutOfMemory() === true ? this.#memoryReason() : reason);
    this.#hold?.release();
    this.#unregister();
    this.#options.over();
    this.#gone.resolve();
    if (wasUp) this.#options.handlers.exit(why);
    else {
      const text = `The sandbox process of Deno did not start. ${why}`;
      this.#up.reject(new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'deno' }));
    }
  }

  #memoryReason(): string {
    const { memoryMiB } = this.#options;
    return `The sandbox ran out of memory: it needs more than ${memoryMiB} MiB, the limit of its process.`;
  }

  #explain(code: number | null, signal: string | null): string {
    if (/out of memory|heap limit/i.test(this.#stderrTail)) {
      return `The sandbox ran out of memory: its JavaScript heap reached ${this.#options.heapMiB} MiB.`;
    }
    const words = this.#stderrTail.trim().slice(0, STDERR_REPORTED_LENGTH);
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
    // A group of its own: signals from the terminal do not reach it, and it can be killed with its children.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** The complete environment of a Deno process. */
export function denoEnvironment(folder: DenoFolder): Record<string, string> {
  const { SystemRoot } = process.env;
  return {
    DENO_DIR: folder.cache,
    DENO_NO_UPDATE_CHECK: '1',
    DENO_NO_PACKAGE_JSON: '1',
    NO_COLOR: '1',
    // Required on Windows.
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
  };
}
