/**
 * Messages between the embedded document and the site around it. The site is identified by the origin that the browser
 * puts on its messages, not by their content.
 * @module
 */
import { readSiteMessage } from 'manyhands/element';
import type { EmbedMessage, SiteMessage } from 'manyhands/element';
import type { WorkerEvents } from 'manyhands/worker';

type Configure = Extract<SiteMessage, { type: 'configure' }>;
type OutgoingMessage = EmbedMessage extends infer M
  ? M extends EmbedMessage
    ? Omit<M, 'from'>
    : never
  : never;

/** Results may come by the thousand: the site gets sums, this often, milliseconds. */
const RESULT_EVERY_MS = 250;

export class HostSite {
  readonly #handlers: { configure: (request: Configure) => void; stop: () => void };
  readonly #results = new Map<string, { count: number; failed: number; computeMs: number }>();
  #origin: string | undefined;

  constructor(handlers: { configure: (request: Configure) => void; stop: () => void }) {
    this.#handlers = handlers;
    if (parent === window) return;
    addEventListener('message', (event) => this.#receive(event));
    setInterval(() => this.#flush(), RESULT_EVERY_MS);
  }

  /** Undefined without a site, before its first message, and for a site with an opaque origin. */
  get origin(): string | undefined {
    return this.#origin;
  }

  send(message: OutgoingMessage): void {
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
    for (const [jobId, sum] of this.#results) this.send({ type: 'result', jobId, ...sum });
    this.#results.clear();
  }

  #receive(event: MessageEvent): void {
    if (event.source !== parent || !/^https?:/.test(event.origin)) return;
    const message = readSiteMessage(event.data);
    if (message === undefined) return;
    // The sender of the first message is the site: if the frame around us navigates, this document is reloaded too.
    this.#origin ??= event.origin;
    if (event.origin !== this.#origin) return;
    if (message.type === 'stop') this.#handlers.stop();
    else this.#handlers.configure(message);
  }
}
