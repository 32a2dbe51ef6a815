/**
 * One sandbox frame as its page sees it: put up, connected, checked, watched, taken down. Every call to it has a
 * deadline, since a comlink call to a dead frame stays pending for ever; a frame that misses one is taken down.
 * @module
 */
import { releaseProxy, transfer, wrap, type Remote } from 'comlink';
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { ModuleSource } from './browser-files.js';
import { CONNECT_MESSAGE, type FrameControl, type FrameNotice } from './frame/frame-control.js';

/** How long a frame that is up may take to answer. */
const ANSWER_MS_MAX = 2_000;
/** How long a frame may take to load and to prove its isolation: a slow machine fetches it first. */
const START_MS_MAX = 15_000;
/** How often a frame is asked whether it lives: a crash of its process makes no event in the page. */
const PING_MS = 2_000;
/** Longest reason that is taken from a frame, in UTF-16 units. */
const REASON_LENGTH_MAX = 500;

export interface FrameLinkOptions {
  frameUrl: string;
  script: Uint8Array;
  clock: Clock;
  /** Gives up opening; not listened to once the frame is up. */
  signal: AbortSignal;
  /** A sandbox of this frame ended by itself. */
  exited(id: number, reason: string): void;
  /** The frame is gone, and with it all that was in it; called once. */
  gone(reason: string): void;
}

export class FrameLink {
  readonly #options: FrameLinkOptions;
  readonly #element: HTMLIFrameElement;
  readonly #orders: MessagePort;
  readonly #control: Remote<FrameControl>;
  readonly #notices: MessagePort;
  /** Reject what waits for an answer. */
  readonly #waiting = new Set<(reason: string) => void>();
  #up = true;
  #cancelPing = (): void => undefined;

  private constructor(
    options: FrameLinkOptions,
    element: HTMLIFrameElement,
    orders: MessagePort,
    notices: MessagePort,
  ) {
    this.#options = options;
    this.#element = element;
    this.#orders = orders;
    this.#notices = notices;
    this.#control = wrap<FrameControl>(orders);
    notices.onmessage = (event: MessageEvent<unknown>) => this.#onNotice(event.data);
  }

  /** Puts a frame up. Rejects with ISOLATION_UNAVAILABLE when it does not load or is not isolated. */
  static async open(options: FrameLinkOptions): Promise<FrameLink> {
    const element = document.createElement('iframe');
    element.setAttribute('sandbox', 'allow-scripts');
    element.setAttribute('allow', '');
    element.referrerPolicy = 'no-referrer';
    element.title = 'manyhands sandbox';
    element.hidden = true;
    element.src = options.frameUrl;
    await loaded(element, options);
    const orders = new MessageChannel();
    const notices = new MessageChannel();
    const link = new FrameLink(options, element, orders.port1, notices.port1);
    // An opaque origin cannot be named; the ports go to the window that this page has just made.
    element.contentWindow?.postMessage(CONNECT_MESSAGE, '*', [orders.port2, notices.port2]);
    const giveUp = (): void => link.takeDown('The worker was stopped.');
    options.signal.addEventListener('abort', giveUp);
    if (options.signal.aborted) giveUp();
    try {
      await link.#prepare();
    } catch (error) {
      link.takeDown('The sandbox frame did not start.');
      throw error;
    } finally {
      options.signal.removeEventListener('abort', giveUp);
    }
    return link;
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** Starts a sandbox whose messages go over `port`. Rejects with ISOLATION_UNAVAILABLE when the frame is dead. */
  startSandbox(id: number, port: MessagePort): Promise<void> {
    return this.#ask(() => this.#control.startSandbox(id, transfer(port, [port])), ANSWER_MS_MAX);
  }

  /** Has the frame hand a sandbox a module that it compiles; the sandbox hears of it in any case. */
  giveModule(id: number, { key, source }: ModuleSource): void {
    this.#ask(() => this.#control.giveModule(id, key, source), ANSWER_MS_MAX).catch(() => undefined);
  }

  /** Has the frame compile a module that sandboxes will want. */
  compileModule({ key, source }: ModuleSource): void {
    this.#ask(() => this.#control.compileModule(key, source), ANSWER_MS_MAX).catch(() => undefined);
  }

  /** Resolves when the sandbox is gone: terminated, or with the whole frame where that does not answer. */
  async killSandbox(id: number): Promise<void> {
    if (!this.#up) return;
    await this.#ask(() => this.#control.killSandbox(id), ANSWER_MS_MAX).catch(() => undefined);
  }

  /** Removes the frame and all that runs in it, at once. */
  takeDown(reason: string): void {
    if (!this.#up) return;
    this.#up = false;
    this.#cancelPing();
    this.#element.remove();
    this.#control[releaseProxy]();
    this.#orders.close();
    this.#notices.close();
    for (const reject of [...this.#waiting]) reject(reason);
    this.#options.gone(reason);
  }

  async #prepare(): Promise<void> {
    const report = await this.#ask(() => this.#control.prepare(this.#options.script), START_MS_MAX);
    if (!report.isolated) {
      const reason = `The sandbox frame at ${this.#options.frameUrl} is not isolated: ${report.finding}.`;
      throw new ManyhandsError(
        'ISOLATION_UNAVAILABLE',
        `${reason} Serve it with the headers of headers.json.`,
      );
    }
    this.#schedulePing();
  }

  #schedulePing(): void {
    this.#cancelPing = this.#options.clock.after(
      PING_MS,
      () => {
        this.#ask(() => this.#control.ping(), ANSWER_MS_MAX).then(
          () => this.#up && this.#schedulePing(),
          () => undefined,
        );
      },
      { background: true },
    );
  }

  /**
   * One call with a deadline; a frame that misses it is taken down. A timer that comes much too late tells of a page
   * that was asleep: then the answer may be waiting behind it, and the frame gets the time once more.
   */
  #ask<T>(call: () => PromiseLike<T>, deadlineMs: number): Promise<T> {
    const { clock, frameUrl } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        cancel();
        this.#waiting.delete(fail);
      };
      const fail = (reason: string): void => {
        settle();
        reject(new ManyhandsError('ISOLATION_UNAVAILABLE', reason));
      };
      const late = `The sandbox frame at ${frameUrl} did not answer within ${deadlineMs / 1000} s.`;
      const startedMs = clock.monotonicMs();
      let cancel = clock.after(deadlineMs, () => {
        if (clock.monotonicMs() - startedMs < deadlineMs * 2) this.takeDown(late);
        else cancel = clock.after(deadlineMs, () => this.takeDown(late));
      });
      this.#waiting.add(fail);
      if (!this.#up) return fail('The sandbox frame is gone.');
      call().then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => fail(`The sandbox frame refused: ${String(error)}`),
      );
    });
  }

  #onNotice(raw: unknown): void {
    const notice = raw as Partial<FrameNotice> | null;
    if (typeof notice !== 'object' || notice?.type !== 'exit' || !Number.isSafeInteger(notice.id)) return;
    const reason =
      typeof notice.reason === 'string' ? notice.reason.slice(0, REASON_LENGTH_MAX) : 'It ended.';
    this.#options.exited(notice.id as number, reason);
  }
}

/** Resolves when the frame's document is there (or what the browser shows in its place: `prepare` finds out). */
function loaded(element: HTMLIFrameElement, { frameUrl, clock, signal }: FrameLinkOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (error: Error): void => {
      settle();
      element.remove();
      reject(error);
    };
    const onAbort = (): void => giveUp(signal.reason as Error);
    const onLoad = (): void => {
      settle();
      resolve();
    };
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      element.removeEventListener('load', onLoad);
    };
    const late = `The sandbox frame at ${frameUrl} did not load within ${START_MS_MAX / 1000} s.`;
    const cancel = clock.after(START_MS_MAX, () => giveUp(new ManyhandsError('ISOLATION_UNAVAILABLE', late)));
    element.addEventListener('load', onLoad);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else document.documentElement.append(element);
  });
}
