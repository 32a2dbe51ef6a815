/**
 * The site around the embedded document: who it is, what it asks for, and what it is told. A site is known by the
 * origin that the browser puts on its messages, not by what it says.
 * @module
 */
import { readSiteMessage } from 'manyhands/element';
import type { EmbedMessage, SiteMessage } from 'manyhands/element';
import type { WorkerEvents } from 'manyhands/worker';

type Configure = Extract<SiteMessage, { type: 'configure' }>;
type Told = EmbedMessage extends infer M ? (M extends EmbedMessage ? Omit<M, 'from'> : never) : never;

/** Results come by the thousand: a site hears of them in sums. */
const RESULT_EVERY_MS = 250;

export class HostSite {
  readonly #asked: { configure: (wish: Configure) => void; stop: () => void };
  readonly #results = new Map<string, { count: number; failed: number; computeMs: number }>();
  #origin: string | undefined;

  constructor(asked: { configure: (wish: Configure) => void; stop: () => void }) {
    this.#asked = asked;
    if (parent === window) return;
    addEventListener('message', (event) => this.#hear(event));
    setInterval(() => this.#flush(), RESULT_EVERY_MS);
  }

  /** Absent where there is no site, or none that has said a word; a site without an origin of its own stays so. */
  get origin(): string | undefined {
    return this.#origin;
  }

  tell(message: Told): void {
    if (this.#origin !== undefined) parent.postMessage({ from: 'manyhands-embed', ...message }, this.#origin);
  }

  result({ jobId, count, failed, computeMs }: WorkerEvents['result']): void {
    const sum = this.#results.get(jobId) ?? { count: 0, failed: 0, computeMs: 0 };
    this.#results.set(jobId, {
      count: sum.count + count,
      failed: sum.failed + failed,
      computeMs: sum.computeMs + computeMs,
    });
  }

  #flush(): void {
    for (const [jobId, sum] of this.#results) this.tell({ type: 'result', jobId, ...sum });
    this.#results.clear();
  }

  #hear(event: MessageEvent): void {
    if (event.source !== parent || !/^https?:/.test(event.origin)) return;
    const message = readSiteMessage(event.data);
    if (message === undefined) return;
    // The first that speaks is the site; a frame that is navigated around us is a new document for us too.
    this.#origin ??= event.origin;
    if (event.origin !== this.#origin) return;
    if (message.type === 'stop') this.#asked.stop();
    else this.#asked.configure(message);
  }
}
