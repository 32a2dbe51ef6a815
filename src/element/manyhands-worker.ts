/**
 * `<manyhands-worker scheduler="https://…">`: a frame with the scheduler's own document, in which a visitor can let
 * this tab compute. All computation happens in the frame, so that the policies of the site and of the scheduler do not
 * conflict. The site can limit or stop it; only the visitor can start it, in the frame.
 * @module
 */
import { systemClock, type CancelTimer } from '../lib/clock.js';
import { fromWireError, ManyhandsError } from '../lib/errors.js';
import { groupsWarning, readChoice, readLimit, type LimitName } from './attributes.js';
import { readEmbedMessage } from './embed-messages.js';
import type { EmbedMessage, EmbedStatus, SiteMessage } from './embed-messages.js';
import { FrameWatch } from './frame-watch.js';
import { readJoin } from './join-list.js';
import { whenPageReady } from './page-ready.js';

/** The events of the element; none of them bubbles. */
export interface ManyhandsWorkerEvents {
  /** The visitor has started the worker. */
  start: CustomEvent<Record<string, never>>;
  /** The worker has stopped: by the visitor, by the site, or because of an error. */
  stop: CustomEvent<Record<string, never>>;
  /** Slices that the scheduler has accepted, summed a few times a second. */
  result: CustomEvent<{ jobId: string; count: number; failed: number; computeMs: number }>;
  /** `amount` in units (1 credit = 10^9 units). */
  payment: CustomEvent<{ jobId: string; amount: bigint }>;
  /**
   * The worker could not start or cannot continue, the scheduler does not respond, or the attribute `scheduler` is not
   * a URL.
   */
  error: CustomEvent<{ error: Error }>;
  status: CustomEvent<EmbedStatus>;
}

const HEIGHT_MIN = 120;
/** More than the height of all choices on a narrow phone. */
const HEIGHT_MAX = 2_400;
const EMBED_PATH = '/embed';
const NOTHING: EmbedStatus = {
  phase: 'idle',
  running: false,
  slices: 0,
  failed: 0,
  computeMs: 0,
  earned: 0n,
  sandboxes: 0,
};

/** Node, where a site may be rendered, has no HTMLElement: importing this module must work there. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class ManyhandsWorkerElement extends Base {
  static readonly observedAttributes = [
    'scheduler',
    'cores',
    'share',
    'bytes-per-day',
    'join',
    'only-groups',
    'ask-first',
    'autostart',
    'lang',
    'theme',
  ];

  #frame: HTMLIFrameElement | undefined;
  #origin = '';
  #status = NOTHING;
  /**
   * Whether the element is connected. An upgrade reports attributes before that; one frame is created when both are
   * known.
   */
  #isPlaced = false;
  /** Whether the frame has loaded a document that can receive messages. */
  #hasLoaded = false;
  #cancelError: CancelTimer = () => undefined;
  /** Shown in place of a frame whose document does not respond. */
  #note: HTMLElement | undefined;
  readonly #warnedTexts = new Set<string>();
  readonly #watch = new FrameWatch({
    clock: systemClock,
    onSilent: () => this.#reportNoResponse(),
    onRetry: () => this.#build(),
  });
  readonly #onOnline = (): void => this.#watch.online();
  readonly #onMessage = (event: MessageEvent): void => this.#receive(event);

  /** The current state of the worker and its totals since the page was loaded. */
  get status(): Readonly<EmbedStatus> {
    return this.#status;
  }

  /** Stops the worker; unfinished slices are returned to the scheduler. Only the visitor can start it. */
  stop(): void {
    this.#send({ to: 'manyhands-embed', type: 'stop' });
  }

  connectedCallback(): void {
    addEventListener('message', this.#onMessage);
    addEventListener('online', this.#onOnline);
    this.#isPlaced = true;
    this.#build();
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#onMessage);
    removeEventListener('online', this.#onOnline);
    this.#isPlaced = false;
    this.#clear();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.#isPlaced || before === after) return;
    if (name !== 'scheduler') return this.#configure();
    this.#clear();
    this.#build();
  }

  #build(): void {
    this.#removeFrame();
    const written = this.getAttribute('scheduler') ?? '';
    if (!URL.canParse(written) || !/^https?:$/.test(new URL(written).protocol)) {
      const text = `<manyhands-worker> needs the attribute scheduler with an http or https URL; it is "${written}".`;
      const error = new ManyhandsError('INVALID_ARGUMENT', text, { attribute: 'scheduler' });
      this.#cancelError = whenPageReady(systemClock, () => this.#reportError(error));
      return;
    }
    this.#origin = new URL(written).origin;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const frame = document.createElement('iframe');
    frame.title = 'manyhands';
    frame.allow = 'compute-pressure; idle-detection';
    frame.referrerPolicy = 'no-referrer';
    frame.style.cssText = `display:block;width:100%;height:${HEIGHT_MIN}px;border:0`;
    this.#frame = frame;
    this.#applyTheme();
    // A frame that failed to load shows an error page of the browser, so it stays hidden until the document responds.
    if (this.#note !== undefined) frame.style.display = 'none';
    frame.addEventListener('load', () => {
      this.#hasLoaded = true;
      this.#watch.loaded();
      this.#configure();
    });
    frame.src = this.#origin + EMBED_PATH;
    this.style.display ||= 'block';
    root.replaceChildren(...(this.#note === undefined ? [] : [this.#note]), frame);
    if (origin !== 'null') this.#watch.begin();
    else
      this.#warn(
        '<manyhands-worker> cannot exchange messages with its frame: this page is a file or in a sandboxed frame, so it has no origin.',
      );
  }

  #clear(): void {
    this.#watch.close();
    this.#removeFrame();
    this.#note = undefined;
    const wasRunning = this.#status.running;
    this.#status = NOTHING;
    if (!wasRunning) return;
    this.#emit('status', NOTHING);
    this.#emit('stop', {});
  }

  #removeFrame(): void {
    this.#cancelError();
    this.#frame?.remove();
    this.#frame = undefined;
    this.#hasLoaded = false;
  }

  #configure(): void {
    const warn = (text: string): void => this.#warn(text);
    const limit = (name: LimitName): number | undefined => readLimit(name, this.getAttribute(name), warn);
    const join = this.getAttribute('join') ?? undefined;
    const onlyGroups = this.hasAttribute('only-groups');
    const { groups, problem } = readJoin(join);
    const warning = groupsWarning(problem, groups.length, onlyGroups);
    if (warning !== undefined) warn(warning);
    this.#applyTheme();
    this.#send({
      to: 'manyhands-embed',
      type: 'configure',
      cores: limit('cores'),
      share: limit('share'),
      bytesPerDay: limit('bytes-per-day'),
      join,
      onlyGroups,
      askFirst: this.hasAttribute('ask-first'),
      lang: readChoice('lang', this.getAttribute('lang'), warn),
      theme: readChoice('theme', this.getAttribute('theme'), warn),
      autostart: this.hasAttribute('autostart'),
    });
  }

  /** The browser paints a background in a frame whose colour scheme differs from that of its document. */
  #applyTheme(): void {
    const theme = readChoice('theme', this.getAttribute('theme'), () => undefined);
    if (this.#frame !== undefined) this.#frame.style.colorScheme = theme ?? 'light dark';
  }

  #send(message: SiteMessage): void {
    if (this.#hasLoaded) this.#frame?.contentWindow?.postMessage(message, this.#origin);
  }

  #receive(event: MessageEvent): void {
    if (event.source === null || event.source !== this.#frame?.contentWindow) return;
    if (event.origin !== this.#origin) return;
    const message = readEmbedMessage(event.data);
    if (message === undefined) return;
    this.#watch.responded();
    this.#note?.remove();
    this.#note = undefined;
    this.#frame.style.display = 'block';
    this.#handle(message);
  }

  #handle(message: EmbedMessage): void {
    const { from: _from, type, ...detail } = message;
    switch (message.type) {
      case 'height': {
        const height = Math.min(Math.max(message.height, HEIGHT_MIN), HEIGHT_MAX);
        this.#frame!.style.height = `${height}px`;
        return;
      }
      case 'status':
        this.#status = detail as EmbedStatus;
        return this.#emit('status', detail);
      case 'error': {
        const { code, message: text } = message;
        return this.#emit('error', { error: fromWireError({ code, message: text, info: {} }) });
      }
      case 'start':
      case 'stop':
      case 'result':
      case 'payment':
        return this.#emit(type, detail);
    }
  }

  #reportNoResponse(): void {
    const text = `<manyhands-worker> gets no response from the scheduler at ${this.#origin} and will retry. Is it running there, and does this page's content security policy allow it (frame-src)?`;
    this.#note = document.createElement('p');
    this.#note.textContent = `${new URL(this.#origin).host} is not responding.`;
    this.#frame?.before(this.#note);
    if (this.#frame !== undefined) this.#frame.style.display = 'none';
    this.#reportError(new ManyhandsError('CONNECT_FAILED', text, { scheduler: this.#origin }));
  }

  #reportError(error: ManyhandsError): void {
    console.error(error.message);
    this.#emit('error', { error });
  }

  /** Prints a warning once for each text, however often attributes change. */
  #warn(text: string): void {
    if (this.#warnedTexts.has(text)) return;
    this.#warnedTexts.add(text);
    console.warn(text);
  }

  #emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
