/**
 * `<manyhands-worker scheduler="https://…">`: a frame with the scheduler's own document in which a visitor may lend
 * this tab. All that computes is in there, so that the site's policies and ours do not meet. The site can make it do
 * less or stop it; only the visitor, in the frame, can start it.
 * @module
 */
import { fromWireError, ManyhandsError } from '../lib/errors.js';
import { readEmbedMessage } from './embed-messages.js';
import type { EmbedMessage, EmbedStatus, SiteMessage } from './embed-messages.js';

/** The events of the element by name; none of them bubbles. */
export interface ManyhandsWorkerEvents {
  /** The visitor started it. */
  start: CustomEvent<Record<string, never>>;
  /** It has ended, by the visitor, by the site, or by an error. */
  stop: CustomEvent<Record<string, never>>;
  /** Slices that the scheduler has taken, summed up a few times a second. */
  result: CustomEvent<{ jobId: string; count: number; computeMs: number }>;
  /** `amount` in units (1 credit = 10^9 units). */
  payment: CustomEvent<{ jobId: string; amount: bigint }>;
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
    this.#build();
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#onMessage);
    this.#frame?.remove();
    this.#frame = undefined;
    this.#status = NOTHING;
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    if (name === 'scheduler') this.#build();
    else this.#configure();
  }

  #build(): void {
    this.#frame?.remove();
    this.#frame = undefined;
    const written = this.getAttribute('scheduler') ?? '';
    if (!URL.canParse(written) || !/^https?:$/.test(new URL(written).protocol)) {
      const text = `<manyhands-worker> needs the attribute scheduler, an http or https address; it is "${written}".`;
      this.#emit('error', {
        error: new ManyhandsError('INVALID_ARGUMENT', text, { attribute: 'scheduler' }),
      });
      return;
    }
    this.#origin = new URL(written).origin;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const frame = document.createElement('iframe');
    frame.title = 'manyhands';
    frame.allow = 'compute-pressure; idle-detection';
    frame.referrerPolicy = 'no-referrer';
    frame.style.cssText = `display:block;width:100%;height:${HEIGHT_MIN}px;border:0;color-scheme:normal`;
    frame.addEventListener('load', () => this.#configure());
    frame.src = this.#origin + EMBED_PATH;
    this.style.display ||= 'block';
    this.#frame = frame;
    root.replaceChildren(frame);
  }

  #configure(): void {
    this.#tell({
      to: 'manyhands-embed',
      type: 'configure',
      cores: numberOf(this.getAttribute('cores')),
      share: numberOf(this.getAttribute('share')),
      bytesPerDay: numberOf(this.getAttribute('bytes-per-day')),
      join: this.getAttribute('join') ?? undefined,
      onlyGroups: this.hasAttribute('only-groups'),
      askFirst: this.hasAttribute('ask-first'),
      lang: this.getAttribute('lang') ?? undefined,
      theme: this.getAttribute('theme') ?? undefined,
      autostart: this.hasAttribute('autostart'),
    });
  }

  #tell(message: SiteMessage): void {
    this.#frame?.contentWindow?.postMessage(message, this.#origin);
  }

  #hear(event: MessageEvent): void {
    if (event.source === null || event.source !== this.#frame?.contentWindow) return;
    if (event.origin !== this.#origin) return;
    const message = readEmbedMessage(event.data);
    if (message !== undefined) this.#take(message);
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

  #emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function numberOf(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
