/**
 * `<manyhands-worker scheduler="https://…">`: a frame with the scheduler's own document in which a visitor may lend
 * this tab. All that computes is in there, so that the site's policies and ours do not meet. The site can make it do
 * less or stop it; only the visitor, in the frame, can start it.
 * @module
 */
import { systemClock, type CancelTimer } from '../lib/clock.js';
import { fromWireError, ManyhandsError } from '../lib/errors.js';
import { complaintOfGroups, readChoice, readLimit, type LimitName } from './attributes.js';
import { readEmbedMessage } from './embed-messages.js';
import type { EmbedMessage, EmbedStatus, SiteMessage } from './embed-messages.js';
import { FrameWatch } from './frame-watch.js';
import { readJoin } from './join-list.js';
import { whenPageListens } from './page-listens.js';

/** The events of the element by name; none of them bubbles. */
export interface ManyhandsWorkerEvents {
  /** The visitor started it. */
  start: CustomEvent<Record<string, never>>;
  /** It has ended, by the visitor, by the site, or by an error. */
  stop: CustomEvent<Record<string, never>>;
  /** Slices that the scheduler has taken, summed up a few times a second. */
  result: CustomEvent<{ jobId: string; count: number; failed: number; computeMs: number }>;
  /** `amount` in units (1 credit = 10^9 units). */
  payment: CustomEvent<{ jobId: string; amount: bigint }>;
  /** It could not start or cannot go on, the scheduler does not answer, or the attribute that names it is no address. */
  error: CustomEvent<{ error: Error }>;
  status: CustomEvent<EmbedStatus>;
}

const HEIGHT_MIN = 120;
/** All choices on a narrow phone are not as high. */
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

/** In Node, where a site may be rendered, there are no elements: importing must do no harm there. */
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
  /** An upgrade tells of the attributes before the place: one frame is made, when both are known. */
  #isPlaced = false;
  /** Whether there is a document in the frame that can be told something. */
  #hasLoaded = false;
  #unsaid: CancelTimer = () => undefined;
  /** Stands in the place of a frame in which nothing answers. */
  #note: HTMLElement | undefined;
  readonly #complained = new Set<string>();
  readonly #watch = new FrameWatch({
    clock: systemClock,
    silent: () => this.#tellOfSilence(),
    again: () => this.#build(),
  });
  readonly #onOnline = (): void => this.#watch.online();
  readonly #onMessage = (event: MessageEvent): void => this.#hear(event);

  /** What the visitor lends now, and the sums since they came. */
  get status(): Readonly<EmbedStatus> {
    return this.#status;
  }

  /** Ends it; what is not done goes back to the scheduler. There is no start: that is the visitor's own. */
  stop(): void {
    this.#tell({ to: 'manyhands-embed', type: 'stop' });
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
      const text = `<manyhands-worker> needs the attribute scheduler, an http or https address; it is "${written}".`;
      const error = new ManyhandsError('INVALID_ARGUMENT', text, { attribute: 'scheduler' });
      this.#unsaid = whenPageListens(systemClock, () => this.#complain(error));
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
    this.#dress();
    // What a browser shows in a frame that it could not load says nothing to a visitor.
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
        '<manyhands-worker> hears nothing of its frame, and tells it nothing: this page is a file or in a sandboxed frame, and has no origin.',
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
    this.#unsaid();
    this.#frame?.remove();
    this.#frame = undefined;
    this.#hasLoaded = false;
  }

  #configure(): void {
    const complain = (text: string): void => this.#warn(text);
    const limit = (name: LimitName): number | undefined => readLimit(name, this.getAttribute(name), complain);
    const join = this.getAttribute('join') ?? undefined;
    const onlyGroups = this.hasAttribute('only-groups');
    const { groups, problem } = readJoin(join);
    const wrong = complaintOfGroups(problem, groups.length, onlyGroups);
    if (wrong !== undefined) complain(wrong);
    this.#dress();
    this.#tell({
      to: 'manyhands-embed',
      type: 'configure',
      cores: limit('cores'),
      share: limit('share'),
      bytesPerDay: limit('bytes-per-day'),
      join,
      onlyGroups,
      askFirst: this.hasAttribute('ask-first'),
      lang: readChoice('lang', this.getAttribute('lang'), complain),
      theme: readChoice('theme', this.getAttribute('theme'), complain),
      autostart: this.hasAttribute('autostart'),
    });
  }

  /** A frame whose colours are not those of its document is painted over by the browser. */
  #dress(): void {
    const theme = readChoice('theme', this.getAttribute('theme'), () => undefined);
    if (this.#frame !== undefined) this.#frame.style.colorScheme = theme ?? 'light dark';
  }

  #tell(message: SiteMessage): void {
    if (this.#hasLoaded) this.#frame?.contentWindow?.postMessage(message, this.#origin);
  }

  #hear(event: MessageEvent): void {
    if (event.source === null || event.source !== this.#frame?.contentWindow) return;
    if (event.origin !== this.#origin) return;
    const message = readEmbedMessage(event.data);
    if (message === undefined) return;
    this.#watch.heard();
    this.#note?.remove();
    this.#note = undefined;
    this.#frame.style.display = 'block';
    this.#take(message);
  }

  #take(message: EmbedMessage): void {
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

  #tellOfSilence(): void {
    const text = `<manyhands-worker> has no answer from the scheduler at ${this.#origin}, and tries again by itself. Does it run there, and does this page's content policy allow it (frame-src)?`;
    this.#note = document.createElement('p');
    this.#note.textContent = `${new URL(this.#origin).host} does not answer just now.`;
    this.#frame?.before(this.#note);
    if (this.#frame !== undefined) this.#frame.style.display = 'none';
    this.#complain(new ManyhandsError('CONNECT_FAILED', text, { scheduler: this.#origin }));
  }

  #complain(error: ManyhandsError): void {
    console.error(error.message);
    this.#emit('error', { error });
  }

  /** Once for each text, however often attributes change. */
  #warn(text: string): void {
    if (this.#complained.has(text)) return;
    this.#complained.add(text);
    console.warn(text);
  }

  #emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
