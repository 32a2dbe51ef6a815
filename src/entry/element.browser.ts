/**
 * `import 'manyhands/element'` defines `<manyhands-worker>`. Importing it in Node defines nothing and does no harm.
 * @module
 */
import { ManyhandsWorkerElement } from '../element/manyhands-worker.js';

export const TAG = 'manyhands-worker';

// Two bundles of one page may both carry it; the first one counts.
if (typeof customElements !== 'undefined' && customElements.get(TAG) === undefined)
  customElements.define(TAG, ManyhandsWorkerElement);

declare global {
  interface HTMLElementTagNameMap {
    'manyhands-worker': ManyhandsWorkerElement;
  }
}

export { ManyhandsWorkerElement } from '../element/manyhands-worker.js';
export type { ManyhandsWorkerEvents } from '../element/manyhands-worker.js';
export { readJoin } from '../element/join-list.js';
export type { JoinedGroup, JoinList } from '../element/join-list.js';
export { readSiteMessage } from '../element/embed-messages.js';
export type { EmbedMessage, EmbedStatus, SiteMessage } from '../element/embed-messages.js';
