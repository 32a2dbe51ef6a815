/**
 * Notes on what is missing in this browser or over this connection, one sentence each.
 * @module
 */
import type { MessageKey } from '../i18n/en.js';
import { byId, make } from './dom.js';
import { t } from './page-text.js';

/** `tabs`: how many tabs of this browser run a worker, this one included. */
export function drawNotes(tabs: number): void {
  const notes: MessageKey[] = [];
  if (!isSecureContext) notes.push('notes.insecure');
  if (tabs > 1) notes.push('notes.tabs');
  const box = byId('notes');
  const wanted = notes.map((key) => t(key, { count: tabs }));
  if (box.dataset.shown === wanted.join('\n')) return;
  box.dataset.shown = wanted.join('\n');
  box.replaceChildren(...wanted.map((text) => make('p', { text })));
}
