/**
 * The page's side of one sandbox frame: creates, connects, checks, monitors and removes it. Each call to it has a
 * deadline, since a comlink call to a crashed frame stays pending for ever; a frame that misses one is removed.
 * @module
 */
import { releaseProxy, transfer, wrap, type Remote } from 'comlink';
import type { Clock } from '../../../lib/clock.js';
import { ManyhandsError } from '../../../lib/errors.js';
import type { ModuleSource } from './browser-files.js';
import { CONNECT_MESSAGE, type FrameControl, type FrameNotice } from './frame/frame-control.js';

/** Maximum time for an answer of a running frame, milliseconds. */
const ANSWER_MS_MAX = 2_000;
/** Maximum time for a frame to load and to check its isolation, milliseconds: slow machines must fetch it first. */
const START_MS_MAX = 15_000;
/** Interval of pings, milliseconds: in most browsers, a crash of the frame's process causes no event in the page. */
const PING_MS = 2_000;
const PROCESS_ENDED =
  'The process of the sandbox frame ended, as it does if it is killed or runs out of memory.';
/** Maximum length of a reason from a frame, UTF-16 units. */
const REASON_LENGTH_MAX = 500;

export interface FrameChannelOptions {
  frameUrl: string;
  script: Uint8Array;
  clock: Clock;
  /** Aborts `open`, with an error as reason; ignored afterwards. */
  signal: AbortSignal;
  /** A sandbox of this frame ended without being killed. */
  exited(id: number, reason: string): void;
  /** The frame was removed, with all its sandboxes; called once. `isCrash`: its process has ended or does not answer. */
  gone(reason: string, isCrash: boolean): void;
}

export class FrameChannel {
  readonly #options: FrameChannelOptions;
  readonly #element: HTMLIFrameElement;
  readonly #orders: MessagePort;
  readonly #control: Remote<FrameControl>;
  readonly #notices: MessagePort;
  /** Functions that reject the pending calls. */
  readonly #waiting = new Set<(reason: string) => void>();
  #up = true;
  #cancelPing = (): void => undefined;

  private constructor(
    options: FrameChannelOptions,
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
    // Chromium has this event behind a flag, with which a worker's own browser is started.
    notices.addEventListener('close', () => this.takeDown(PROCESS_ENDED, true));
  }

  /** Creates a frame. @throws ISOLATION_UNAVAILABLE where it does not load or is not isolated */
  static async open(options: FrameChannelOptions): Promise<FrameChannel> {
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
    const channel = new FrameChannel(options, element, orders.port1, notices.port1);
    // An opaque origin cannot be given as target; the message goes to the window that was just created.
    element.contentWindow?.postMessage(CONNECT_MESSAGE, '*', [orders.port2, notices.port2]);
    const giveUp = (): void => channel.takeDown((options.signal.reason as Error).message);
    options.signal.addEventListener('abort', giveUp);
    if (options.signal.aborted) giveUp();
    try {
      await channel.#prepare();
    } catch (error) {
      channel.takeDown('The sandbox frame did not start.');
      throw error;
    } finally {
      options.signal.removeEventListener('abort', giveUp);
    }
    return channel;
  }

  /** Starts a sandbox that communicates over `port`. @throws ISOLATION_UNAVAILABLE where the frame has crashed */
  startSandbox(id: number, port: MessagePort): Promise<void> {
    return this.#ask(() => this.#control.startSandbox(id, transfer(port, [port])), ANSWER_MS_MAX);
  }

  /** Makes the frame compile a module and send it to a sandbox, or send the error. */
  giveModule(id: number, { key, source }: ModuleSource): void {
    this.#ask(() => this.#control.giveModule(id, key, source), ANSWER_MS_MAX).catch(() => undefined);
  }

  /** Makes the frame compile a module that sandboxes will need. */
  compileModule({ key, source }: ModuleSource): void {
    this.#ask(() => this.#control.compileModule(key, source), ANSWER_MS_MAX).catch(() => undefined);
  }

  /** Resolves when the sandbox has ended: alone, or with the whole frame if that does not answer. */
  async killSandbox(id: number): Promise<void> {
    if (!this.#up) return;
    await this.#ask(() => this.#control.killSandbox(id), ANSWER_MS_MAX).catch(() => undefined);
  }

  /** Removes the frame and all its sandboxes at once. */
  takeDown(reason: string, isCrash = false): void {
    if (!this.#up) return;
    this.#up = false;
    this.#cancelPing();
    this.#element.remove();
    this.#control[releaseProxy]();
    this.#orders.close();
    this.#notices.close();
    for (const reject of [...this.#waiting]) reject(reason);
    this.#options.gone(reason, isCrash);
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
   * A call with a deadline; a frame that misses it is removed. A timer that fires much too late shows that the page was
   * suspended: the answer may be queued behind it, so that the deadline is extended once.
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
        if (clock.monotonicMs() - startedMs < deadlineMs * 2) this.takeDown(late, true);
        else cancel = clock.after(deadlineMs, () => this.takeDown(late, true));
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

/** Resolves when the frame's document has loaded (or an error page of the browser: `prepare` detects that). */
function loaded(element: HTMLIFrameElement, { frameUrl, clock, signal }: FrameChannelOptions): Promise<void> {
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
