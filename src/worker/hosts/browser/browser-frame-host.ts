/**
 * Sandboxes in a browser page: Web Workers in a hidden frame with an opaque origin and without network access. Each job
 * owner has a frame of its own, since the sandboxes of a frame may crash together; the frame is removed some time after its
 * last sandbox. The document needs a body or at least a root element.
 * @module
 */
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import { sha256Hex } from '../../../lib/crypto/sha256.js';
import { BrowserFiles } from './browser-files.js';
import { FrameChannel } from './browser-frame-channel.js';
import { FrameSandbox } from './browser-frame-sandbox.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from '../port/sandbox-host.js';

/** How long a frame without sandboxes is kept for its owner, milliseconds. */
const IDLE_MS_DEFAULT = 10_000;
/** Maximum time for the download of the sandbox script, milliseconds. */
const SCRIPT_MS_MAX = 60_000;

export interface BrowserFrameOptions {
  /** URL of the frame's document, served with the headers of headers.json. */
  frameUrl: string | URL;
  /** The same document on other sites: a new frame uses the URL with the fewest frames. */
  otherFrameUrls?: readonly string[];
  /** URL of the sandbox script. */
  scriptUrl: string | URL;
  /** Expected SHA-256 of the script; absent: not checked. */
  scriptDigest?: string;
  clock: Clock;
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
  /** How long a frame without sandboxes is kept, milliseconds. @default 10,000 */
  idleMs?: number;
  /** Whether to keep a frame ready for the next owner, after the first start. @default false */
  keepReady?: boolean;
}

/** Creates a host of sandboxes in frames of this page. */
export function browserFrameHost(options: BrowserFrameOptions): SandboxHost {
  return new BrowserFrameHost(options);
}

/** Frames of a crashed process are noticed one after the other, and ended sandboxes stop, within this time, milliseconds. */
const TOGETHER_MS = 10_000;
/** Minimum time since the last start before another frame is made ready, milliseconds. */
const QUIET_MS = 1_000;

/** Time after which no other frame is tried for a sandbox, when one after the other crashes, milliseconds. */
const RETRY_MS_MAX = 10_000;

/** The frame of an owner, or one without an owner yet; loading or loaded. */
interface OwnerFrame {
  owner: string | undefined;
  frameUrl: string;
  /** Aborted when a frame of the same URL crashes: they share a process. Has no effect once it is open. */
  opening: AbortController;
  channel: Promise<FrameChannel>;
  isOpen: boolean;
  /** When it began to load, monotonic clock. */
  openedMs: number;
  sandboxes: Map<number, FrameSandbox>;
  /** Pending calls of `start`; with any, the frame is not idle. */
  starting: number;
  cancelIdle(): void;
}

/** Number of sandboxes that may have run code of a job. */
const jobsIn = ({ sandboxes }: OwnerFrame): number =>
  [...sandboxes.values()].filter(({ mayRunJob }) => mayRunJob).length;

class BrowserFrameHost implements SandboxHost {
  readonly isolation = 'browser';
  readonly #options: BrowserFrameOptions;
  readonly #frames = new Map<string, OwnerFrame>();
  readonly #files = new BrowserFiles();
  /** When a sandbox that may have run a job's code last ended in a frame of that URL, monotonic clock. */
  readonly #endedMs = new Map<string, number>();
  /** A frame without an owner, in which the modules of earlier sandboxes are compiled. */
  #ready: OwnerFrame | undefined;
  #cancelReady = (): void => undefined;
  #script: Promise<Uint8Array> | undefined;
  readonly #closing = new AbortController();
  #lastId = 0;

  constructor(options: BrowserFrameOptions) {
    this.#options = options;
  }

  async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    const { clock } = this.#options;
    const beganMs = clock.monotonicMs();
    for (;;) {
      this.#assertOpen();
      const owned = this.#frames.get(owner);
      const isOld = owned === undefined ? this.#ready !== undefined : owned.isOpen;
      const frame = owned ?? this.#frameFor(owner);
      try {
        return await this.#startOnce(frame, handlers);
      } catch (error) {
        // A frame that was there before may have crashed unnoticed.
        const mayHaveCrashed = isOld || frame.opening.signal.aborted;
        if (!mayHaveCrashed || clock.monotonicMs() - beganMs > RETRY_MS_MAX) throw error;
      }
    }
  }

  async #startOnce(frame: OwnerFrame, handlers: SandboxHandlers): Promise<Sandbox> {
    frame.cancelIdle();
    frame.starting += 1;
    try {
      const channel = await frame.channel;
      this.#assertOpen();
      return await this.#startIn(channel, frame, handlers);
    } finally {
      frame.starting -= 1;
      this.#keepOrDrop(frame);
      this.#readySoon();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ManyhandsError('CLOSED', 'This host of sandboxes is closed.'));
    this.#cancelReady();
    const frames = [...this.#frames.values(), ...(this.#ready === undefined ? [] : [this.#ready])];
    await Promise.all(
      frames.map(async (frame) => {
        const channel = await frame.channel.catch(() => undefined);
        channel?.takeDown('The worker was stopped.');
      }),
    );
  }

  /**
   * A frame that loads in a process which ends causes no event: those of that URL are given up. Each frame of the process
   * reports its end, so that a frame that began to load in the next process may be given up too.
   */
  #abortOpening(frameUrl: string, reason: string): void {
    const frames = [...this.#frames.values(), ...(this.#ready === undefined ? [] : [this.#ready])];
    for (const frame of frames.filter((one) => one.frameUrl === frameUrl))
      frame.opening.abort(new ManyhandsError('ISOLATION_UNAVAILABLE', reason));
  }

  async #startIn(channel: FrameChannel, frame: OwnerFrame, handlers: SandboxHandlers): Promise<Sandbox> {
    const sandbox = new FrameSandbox({
      id: ++this.#lastId,
      frameChannel: channel,
      handlers,
      files: this.#files,
      clock: this.#options.clock,
      over: () => {
        frame.sandboxes.delete(sandbox.id);
        if (sandbox.mayRunJob) this.#endedMs.set(frame.frameUrl, this.#options.clock.monotonicMs());
        this.#keepOrDrop(frame);
      },
    });
    frame.sandboxes.set(sandbox.id, sandbox);
    await sandbox.start();
    return sandbox;
  }

  /** Uses the frame that is ready, if there is one. */
  #frameFor(owner: string): OwnerFrame {
    const frame = this.#ready ?? this.#openFrame(owner);
    this.#ready = undefined;
    frame.owner = owner;
    this.#frames.set(owner, frame);
    return frame;
  }

  /** Schedules that a frame is made ready once no sandbox is being started. */
  #readySoon(): void {
    this.#cancelReady();
    if (this.#options.keepReady !== true || this.#closing.signal.aborted) return;
    this.#cancelReady = this.#options.clock.after(QUIET_MS, () => void this.#makeReady(), {
      background: true,
    });
  }

  async #makeReady(): Promise<void> {
    const frame = (this.#ready ??= this.#openFrame(undefined));
    const channel = await frame.channel.catch(() => undefined);
    for (const module of this.#files.modules) channel?.compileModule(module);
  }

  #openFrame(owner: string | undefined): OwnerFrame {
    const { clock } = this.#options;
    const frameUrl = this.#nextUrl();
    const sandboxes = new Map<number, FrameSandbox>();
    const opening = new AbortController();
    const forget = (): void => {
      frame.cancelIdle();
      if (this.#ready === frame) this.#ready = undefined;
      if (frame.owner !== undefined && this.#frames.get(frame.owner) === frame)
        this.#frames.delete(frame.owner);
    };
    const open = async (): Promise<FrameChannel> => {
      const script = await this.#loadScript();
      this.#assertOpen();
      return FrameChannel.open({
        frameUrl,
        script,
        clock,
        signal: AbortSignal.any([this.#closing.signal, opening.signal]),
        exited: (id, reason) => sandboxes.get(id)?.onEnd(reason),
        gone: (reason, isCrash) => {
          if (isCrash) this.#abortOpening(frameUrl, reason);
          forget();
          const isShared = this.#hasNeighbours(frame);
          for (const sandbox of [...sandboxes.values()]) sandbox.onEnd(reason, isShared);
        },
      });
    };
    const frame: OwnerFrame = {
      owner,
      frameUrl,
      opening,
      channel: open(),
      isOpen: false,
      openedMs: clock.monotonicMs(),
      sandboxes,
      starting: 0,
      cancelIdle: () => undefined,
    };
    frame.channel.then(() => (frame.isOpen = true), forget);
    return frame;
  }

  /**
   * Whether other sandboxes may be the cause of its end: frames of one site share a process. One that was lost with it may have
   * been noticed before, and one that was ended runs on for seconds.
   */
  #hasNeighbours(frame: OwnerFrame): boolean {
    const { frameUrl, openedMs } = frame;
    const endedMs = this.#endedMs.get(frameUrl) ?? -Infinity;
    const isRecent = this.#options.clock.monotonicMs() - endedMs < TOGETHER_MS;
    if (jobsIn(frame) > 1 || (isRecent && openedMs <= endedMs)) return true;
    return [...this.#frames.values()].some(
      (other) => other !== frame && other.frameUrl === frameUrl && jobsIn(other) > 0,
    );
  }

  /** Frames of different sites run in different processes. */
  #nextUrl(): string {
    const { frameUrl, otherFrameUrls = [] } = this.#options;
    const urls = otherFrameUrls.length > 0 ? otherFrameUrls : [String(frameUrl)];
    const used = (url: string): number =>
      [...this.#frames.values()].filter((frame) => frame.frameUrl === url).length;
    return urls.reduce((best, url) => (used(url) < used(best) ? url : best));
  }

  /** Schedules the removal of a frame without sandboxes. */
  #keepOrDrop(frame: OwnerFrame): void {
    frame.cancelIdle();
    if (frame.sandboxes.size > 0 || frame.starting > 0) return;
    const drop = (): void => {
      frame.channel.then(
        (channel) => channel.takeDown('The frame was idle.'),
        () => undefined,
      );
    };
    frame.cancelIdle = this.#options.clock.after(this.#options.idleMs ?? IDLE_MS_DEFAULT, drop);
  }

  /** The verified script, fetched once; after a failure it is fetched again. */
  #loadScript(): Promise<Uint8Array> {
    if (this.#script === undefined) {
      this.#script = this.#fetchScript();
      this.#script.catch(() => (this.#script = undefined));
    }
    return this.#script;
  }

  async #fetchScript(): Promise<Uint8Array> {
    const { scriptUrl, scriptDigest } = this.#options;
    const load = this.#options.fetch ?? globalThis.fetch.bind(globalThis);
    let bytes: Uint8Array;
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(SCRIPT_MS_MAX)]);
      const response = await load(String(scriptUrl), { signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      this.#assertOpen();
      const message = `The sandbox script at ${String(scriptUrl)} could not be fetched: ${String(cause)}.`;
      throw new ManyhandsError('ISOLATION_UNAVAILABLE', message, {}, { cause });
    }
    if (scriptDigest !== undefined && sha256Hex(bytes) !== scriptDigest) {
      const message = `The sandbox script at ${String(scriptUrl)} is not the one that was announced. Reload the page.`;
      throw new ManyhandsError('ISOLATION_UNAVAILABLE', message);
    }
    return bytes;
  }

  #assertOpen(): void {
    this.#closing.signal.throwIfAborted();
  }
}
