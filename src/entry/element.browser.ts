/**
 * `import 'manyhands/element'` defines `<manyhands-worker>`. Importing it in Node has no effect.
 * @module
 */
import { ManyhandsWorkerElement } from '../element/manyhands-worker.js';

export const TAG = 'manyhands-worker';

// Two bundles of a page may contain this module; the first definition is used.
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
export type { JoinGroup as JoinedGroup, JoinList } from '../element/join-list.js';
export { readSiteMessage } from '../element/embed-messages.js';
export type { EmbedMessage, EmbedStatus, SiteMessage } from '../element/embed-messages.js';
