/**
 * Notes under the worker's state, one sentence each: the connection is not secure, or other tabs run a worker too.
 * @module
 */
import type { MessageKey } from '../i18n/en.js';
import { byId, make } from './dom.js';
import { t } from './page-text.js';

/** Shows the notes that apply now. `tabs`: number of tabs of this browser that run a worker, this one included. */
export function drawNotes(tabs: number): void {
  const notes: MessageKey[] = [];
  if (!isSecureContext) notes.push('notes.insecure');
  if (tabs > 1) notes.push('notes.tabs');
  const box = byId('notes');
  const texts = notes.map((key) => t(key, { count: tabs }));
  // The elements are replaced only if their texts change.
  if (box.dataset.shown === texts.join('\n')) return;
  box.dataset.shown = texts.join('\n');
  box.replaceChildren(...texts.map((text) => make('p', { text })));
}
