/**
 * The supervisor's side of one headless browser: sends orders to its page and receives messages of its sandboxes. When
 * the browser or the connection ends, all its sandboxes end.
 * @module
 */
import type { CancelTimer, Clock } from '../../../lib/clock.js';
import { deferred, type Deferred } from '../../../lib/deferred.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';
import { tryCheck } from '../../../protocol/schema/check.js';
import type { Connection } from '../../../transport/transport.js';
import { knownDigests } from '../../assets/file-digests.js';
import { worktimeFilesOf } from '../browser/browser-files.js';
import { Browser } from './chromium-process.js';
import { openBridgeServer, type BridgeServer } from './chromium-server.js';
import {
  BRIDGE_BODY_BYTES_MAX,
  BRIDGE_PIECE_BYTES,
  fromBridge,
  type ToBridge,
} from './page/bridge-messages.js';
import type { MemoryWatch } from '../process/memory-watch.js';
import { encodeFrame, FrameReader } from '../process/message-framing.js';
import type { Sandbox, SandboxHandlers } from '../port/sandbox-host.js';

const MiB = 1024 * 1024;
/** Maximum time from starting the browser to its page's connection, milliseconds. */
const START_MS_MAX = 45_000;
/** Interval at which new renderer processes are searched, milliseconds. */
const RENDERERS_MS = 250;

export interface BridgeOptions {
  chromium: string;
  web: URL;
  scripts: URL;
  token: string;
  /** Maximum resident memory of one renderer process, MiB. */
  memoryMiB: number;
  heapMiB: number;
  clock: Clock;
  watch: MemoryWatch;
  /** Aborts `open`. */
  signal: AbortSignal;
}

interface BridgeSandbox {
  handlers: SandboxHandlers;
  started: Deferred<void>;
  state: 'starting' | 'running';
  /** Why it ends, if this side caused it. */
  reason?: string;
}

export class Bridge {
  readonly #options: BridgeOptions;
  readonly #browser: Browser;
  readonly #server: BridgeServer;
  readonly #connection: Connection;
  readonly #sandboxes = new Map<number, BridgeSandbox>();
  readonly #watched = new Map<number, () => void>();
  /** Resolves when the browser and the server have ended. */
  readonly gone: Promise<void>;
  readonly #closed = deferred();
  #cancelPoll: CancelTimer = () => undefined;
  #reason: string | undefined;
  #lastId = 0;

  private constructor(
    options: BridgeOptions,
    browser: Browser,
    server: BridgeServer,
    connection: Connection,
  ) {
    this.#options = options;
    this.#browser = browser;
    this.#server = server;
    this.#connection = connection;
    this.gone = this.#closed.promise;
    const reader = new FrameReader({ bodyBytesMax: BRIDGE_BODY_BYTES_MAX }, (message) =>
      this.#onMessage(message),
    );
    connection.handle({
      message: (bytes) => {
        const wrong = this.#reason === undefined ? reader.push(bytes) : undefined;
        if (wrong !== undefined) this.#end(`The browser's page sent a malformed message: ${wrong}.`);
      },
      close: () => this.#end("The browser's page is gone."),
    });
    void browser.gone.then((reason) => this.#end(reason));
    this.#watchRenderers();
  }

  /** @throws ISOLATION_UNAVAILABLE where the browser does not start */
  static async open(options: BridgeOptions): Promise<Bridge> {
    const { chromium: path, heapMiB, clock, signal } = options;
    const server = await openBridgeServer(options);
    let browser: Browser;
    try {
      browser = await Browser.open({ path, url: server.url, port: server.port, heapMiB });
    } catch (error) {
      await server.close();
      throw unavailable(`The browser ${path} could not be started: ${String(error)}`);
    }
    let cancel: CancelTimer = () => undefined;
    const late = new Promise<string>((resolve) => {
      const stopped = (): void => resolve('The worker was stopped.');
      signal.addEventListener('abort', stopped, { once: true });
      if (signal.aborted) stopped();
      const text = `The browser ${path} did not open its page within ${START_MS_MAX / 1_000} s.`;
      cancel = clock.after(START_MS_MAX, () => resolve(text));
    });
    const first = await Promise.race([server.connection, browser.gone, late]);
    cancel();
    if (typeof first !== 'string') return new Bridge(options, browser, server, first);
    await Promise.all([browser.close(), server.close()]);
    throw unavailable(first);
  }

  /** Starts a sandbox. @throws ISOLATION_UNAVAILABLE; `exit` is not called then */
  async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    const id = ++this.#lastId;
    const sandbox: BridgeSandbox = { handlers, started: deferred(), state: 'starting' };
    if (this.#reason !== undefined) throw unavailable(this.#reason);
    this.#sandboxes.set(id, sandbox);
    this.#send({ type: 'start', id, owner });
    await sandbox.started.promise;
    return {
      send: (message: SupervisorToSandbox) =>
        this.#send({ type: 'message', id, message, digests: knownDigests(worktimeFilesOf(message)) }),
      kill: () => {
        if (!this.#sandboxes.has(id)) return;
        sandbox.reason ??= 'The sandbox was killed.';
        this.#send({ type: 'kill', id });
      },
    };
  }

  async close(): Promise<void> {
    this.#end('The worker was stopped.');
    await this.gone;
  }

  #send(order: ToBridge): void {
    for (const piece of encodeFrame(order)) {
      for (let at = 0; at < piece.byteLength; at += BRIDGE_PIECE_BYTES) {
        this.#connection.send(piece.subarray(at, at + BRIDGE_PIECE_BYTES));
      }
    }
  }

  #onMessage(raw: unknown): void {
    const checked = tryCheck(fromBridge, raw);
    if ('problem' in checked)
      return this.#end(`The browser's page sent a malformed message: ${checked.problem}.`);
    const { ok: message } = checked;
    const sandbox = this.#sandboxes.get(message.id);
    // Messages of a sandbox that was killed may still arrive.
    if (sandbox === undefined) return;
    switch (message.type) {
      case 'started':
        sandbox.state = 'running';
        return sandbox.started.resolve();
      case 'failed':
        this.#sandboxes.delete(message.id);
        return sandbox.started.reject(unavailable(message.reason));
      case 'message':
        if (sandbox.reason === undefined) sandbox.handlers.message(message.message);
        return;
      case 'exit':
        this.#sandboxes.delete(message.id);
        return sandbox.handlers.exit(sandbox.reason ?? message.reason, message.isShared);
    }
  }

  /** Frames of one site share a process. A process above the limit is killed; its slices run again elsewhere. */
  #watchRenderers(): void {
    const { clock, watch, memoryMiB } = this.#options;
    const live = new Set(this.#browser.renderers());
    for (const pid of live) {
      if (this.#watched.has(pid)) continue;
      const unwatch = watch.watch(pid, memoryMiB * MiB, () => killProcess(pid));
      this.#watched.set(pid, unwatch);
    }
    for (const [pid, unwatch] of this.#watched) {
      if (live.has(pid)) continue;
      unwatch();
      this.#watched.delete(pid);
    }
    this.#cancelPoll = clock.after(RENDERERS_MS, () => this.#watchRenderers(), { background: true });
  }

  #end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#cancelPoll();
    for (const unwatch of this.#watched.values()) unwatch();
    const sandboxes = [...this.#sandboxes.values()];
    this.#sandboxes.clear();
    void Promise.all([this.#browser.close(), this.#server.close()]).finally(() => {
      this.#closed.resolve();
      for (const { started, state, handlers, reason: why = reason } of sandboxes) {
        if (state === 'running') handlers.exit(why, sandboxes.length > 1);
        else started.reject(unavailable(reason));
      }
    });
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended already.
  }
}

function unavailable(text: string): ManyhandsError {
  return new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'chromium' });
}
