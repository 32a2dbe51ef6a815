/**
 * Sandboxes in a browser page: Web Workers in a hidden frame that has an opaque origin and may not connect to
 * anything. One frame for each owner of jobs, since frames can crash together with what runs in them; the frame goes
 * away a little after its last sandbox. The document must have a body or at least a root element.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/sha256.js';
import { FrameLink } from './browser-frame-link.js';
import { FrameSandbox } from './browser-frame-sandbox.js';
import type { Sandbox, SandboxHandlers, SandboxHost } from './sandbox.js';

/** How long a frame without sandboxes is kept for the next one of its owner. */
const IDLE_MS_DEFAULT = 10_000;

export interface BrowserFrameOptions {
  /** The frame's document, served with the headers of headers.json. */
  frameUrl: string | URL;
  /** The same document on other sites: each owner's frame gets the one that the fewest frames have. */
  otherFrameUrls?: readonly string[];
  /** The sandbox script. */
  scriptUrl: string | URL;
  /** SHA-256 that the script must have; not checked when absent. */
  scriptDigest?: string;
  clock: Clock;
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Milliseconds. @default 10,000 */
  idleMs?: number;
}

/** Sandboxes in frames of this page. */
export function browserFrameHost(options: BrowserFrameOptions): SandboxHost {
  return new BrowserFrameHost(options);
}

/** One owner's frame: on its way, or up. */
interface OwnerFrame {
  frameUrl: string;
  link: Promise<FrameLink>;
  sandboxes: Map<number, FrameSandbox>;
  /** Calls of `start` that wait for the frame; it is not idle while there are some. */
  starting: number;
  cancelIdle(): void;
}

class BrowserFrameHost implements SandboxHost {
  readonly isolation = 'browser';
  readonly #options: BrowserFrameOptions;
  readonly #frames = new Map<string, OwnerFrame>();
  #script: Promise<Uint8Array> | undefined;
  readonly #closing = new AbortController();
  #lastId = 0;

  constructor(options: BrowserFrameOptions) {
    this.#options = options;
  }

  async start(owner: string, handlers: SandboxHandlers): Promise<Sandbox> {
    this.#assertOpen();
    const frame = this.#frames.get(owner) ?? this.#openFrame(owner);
    frame.cancelIdle();
    frame.starting += 1;
    try {
      const link = await frame.link;
      this.#assertOpen();
      return await this.#startIn(link, frame, handlers);
    } finally {
      frame.starting -= 1;
      this.#keepOrDrop(frame);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ManyhandsError('CLOSED', 'This host of sandboxes is closed.'));
    const frames = [...this.#frames.values()];
    await Promise.all(
      frames.map(async (frame) => {
        const link = await frame.link.catch(() => undefined);
        link?.takeDown('The worker was stopped.');
      }),
    );
  }

  async #startIn(link: FrameLink, frame: OwnerFrame, handlers: SandboxHandlers): Promise<Sandbox> {
    const sandbox = new FrameSandbox(++this.#lastId, link, handlers, this.#options.clock, () => {
      frame.sandboxes.delete(sandbox.id);
      this.#keepOrDrop(frame);
    });
    frame.sandboxes.set(sandbox.id, sandbox);
    await sandbox.start();
    return sandbox;
  }

  #openFrame(owner: string): OwnerFrame {
    const { clock } = this.#options;
    const frameUrl = this.#nextUrl();
    const sandboxes = new Map<number, FrameSandbox>();
    const forget = (): void => {
      frame.cancelIdle();
      if (this.#frames.get(owner) === frame) this.#frames.delete(owner);
    };
    const open = async (): Promise<FrameLink> => {
      const script = await this.#loadScript();
      this.#assertOpen();
      return FrameLink.open({
        frameUrl,
        script,
        clock,
        signal: this.#closing.signal,
        exited: (id, reason) => sandboxes.get(id)?.ended(reason),
        gone: (reason) => {
          forget();
          for (const sandbox of [...sandboxes.values()]) sandbox.ended(reason);
        },
      });
    };
    const frame: OwnerFrame = { frameUrl, link: open(), sandboxes, starting: 0, cancelIdle: () => undefined };
    frame.link.catch(forget);
    this.#frames.set(owner, frame);
    return frame;
  }

  /** Frames of distinct sites get a process each. */
  #nextUrl(): string {
    const { frameUrl, otherFrameUrls = [] } = this.#options;
    const urls = otherFrameUrls.length > 0 ? otherFrameUrls : [String(frameUrl)];
    const used = (url: string): number =>
      [...this.#frames.values()].filter((frame) => frame.frameUrl === url).length;
    return urls.reduce((best, url) => (used(url) < used(best) ? url : best));
  }

  /** Starts the time after which a frame without sandboxes is removed. */
  #keepOrDrop(frame: OwnerFrame): void {
    frame.cancelIdle();
    if (frame.sandboxes.size > 0 || frame.starting > 0) return;
    const drop = (): void => {
      frame.link.then(
        (link) => link.takeDown('The frame was idle.'),
        () => undefined,
      );
    };
    frame.cancelIdle = this.#options.clock.after(this.#options.idleMs ?? IDLE_MS_DEFAULT, drop);
  }

  /** The verified script, fetched once; a failure is not remembered. */
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
      const response = await load(String(scriptUrl), { signal: this.#closing.signal });
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
