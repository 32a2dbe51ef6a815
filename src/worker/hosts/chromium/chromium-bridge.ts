/**
 * One browser with its bridge page, as the supervisor has it: orders go to the page, what sandboxes say comes back, and when
 * either end is gone everything in it is.
 * @module
 */
import type { CancelTimer, Clock } from '../../../lib/clock.js';
import { deferred, type Deferred } from '../../../lib/deferred.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { SupervisorToSandbox } from '../../../protocol/messages/sandbox-messages.js';
import type { Connection } from '../../../transport/transport.js';
import { knownDigests } from '../../assets/file-digests.js';
import { worktimeFilesOf } from '../browser/browser-files.js';
import { Browser } from './chromium-process.js';
import { openBridgeServer, type BridgeServer } from './chromium-server.js';
import {
  BRIDGE_BODY_BYTES_MAX,
  BRIDGE_PIECE_BYTES,
  type FromBridge,
  type ToBridge,
} from './page/bridge-messages.js';
import type { MemoryWatch } from '../process/memory-watch.js';
import { encodeFrame, FrameReader } from '../process/message-framing.js';
import type { Sandbox, SandboxHandlers } from '../port/sandbox-host.js';

const MiB = 1024 * 1024;
/** From starting the browser to its page's first word. */
const START_MS_MAX = 45_000;
/** How often new processes of the browser are looked for. */
const RENDERERS_MS = 250;
const REASON_LENGTH_MAX = 500;

export interface BridgeOptions {
  chromium: string;
  web: URL;
  scripts: URL;
  token: string;
  /** Resident memory of one process of pages at most, MiB. */
  memoryMiB: number;
  heapMiB: number;
  clock: Clock;
  watch: MemoryWatch;
  /** Gives up opening. */
  signal: AbortSignal;
}

interface Seat {
  handlers: SandboxHandlers;
  started: Deferred<void>;
  state: 'starting' | 'running';
  /** Why it ends, where this side knows better. */
  reason?: string;
}

export class Bridge {
  readonly #options: BridgeOptions;
  readonly #browser: Browser;
  readonly #server: BridgeServer;
  readonly #connection: Connection;
  readonly #seats = new Map<number, Seat>();
  readonly #watched = new Map<number, () => void>();
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  readonly #over = deferred();
  #cancelLook: CancelTimer = () => undefined;
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
    this.gone = this.#over.promise;
    const reader = new FrameReader({ bodyBytesMax: BRIDGE_BODY_BYTES_MAX }, (message) =>
      this.#onMessage(message),
    );
    connection.handle({
      message: (bytes) => {
        const wrong = this.#reason === undefined ? reader.push(bytes) : undefined;
        if (wrong !== undefined) this.#end(`The browser's page sent what is no message: ${wrong}.`);
      },
      close: () => this.#end("The browser's page is gone."),
    });
    void browser.gone.then((reason) => this.#end(reason));
    this.#lookForRenderers();
  }

  /** Rejects with ISOLATION_UNAVAILABLE when the browser does not come up. */
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

  /** Starts a sandbox. Rejects with ISOLATION_UNAVAILABLE; `exit` is not called then. */
  async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    const id = ++this.#lastId;
    const seat: Seat = { handlers, started: deferred(), state: 'starting' };
    if (this.#reason !== undefined) throw unavailable(this.#reason);
    this.#seats.set(id, seat);
    this.#send({ type: 'start', id, owner });
    await seat.started.promise;
    return {
      send: (message: SupervisorToSandbox) =>
        this.#send({ type: 'message', id, message, digests: knownDigests(worktimeFilesOf(message)) }),
      kill: () => {
        if (!this.#seats.has(id)) return;
        seat.reason ??= 'The sandbox was killed.';
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
    const said = (typeof raw === 'object' ? raw : null) as Partial<FromBridge> | null;
    const id = Number(said?.id);
    const seat = this.#seats.get(id);
    // A killed one may have said something before it heard of it.
    if (said === null || seat === undefined) return;
    switch (said.type) {
      case 'started':
        seat.state = 'running';
        return seat.started.resolve();
      case 'failed':
        this.#seats.delete(id);
        return seat.started.reject(unavailable(String(said.reason).slice(0, REASON_LENGTH_MAX)));
      case 'message':
        if (seat.reason === undefined) seat.handlers.message(said.message);
        return;
      case 'exit':
        this.#seats.delete(id);
        return seat.handlers.exit(
          seat.reason ?? String(said.reason).slice(0, REASON_LENGTH_MAX),
          said.isShared === true,
        );
      default:
        return this.#end("The browser's page sent a message of an unknown kind.");
    }
  }

  /** Frames of one site share a process; one that is over its cap is killed, and what ran in it runs again elsewhere. */
  #lookForRenderers(): void {
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
    this.#cancelLook = clock.after(RENDERERS_MS, () => this.#lookForRenderers(), { background: true });
  }

  #end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#cancelLook();
    for (const unwatch of this.#watched.values()) unwatch();
    const seats = [...this.#seats.values()];
    this.#seats.clear();
    void Promise.all([this.#browser.close(), this.#server.close()]).finally(() => {
      this.#over.resolve();
      for (const { started, state, handlers, reason: why = reason } of seats) {
        if (state === 'running') handlers.exit(why, seats.length > 1);
        else started.reject(unavailable(reason));
      }
    });
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function unavailable(text: string): ManyhandsError {
  return new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'chromium' });
}
