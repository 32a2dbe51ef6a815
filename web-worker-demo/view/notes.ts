/**
 * What this browser or this way to the page lacks, in a sentence each. Nothing is shown where nothing is missing.
 * @module
 */
import type { MessageKey } from '../i18n/translate.js';
import { byId, make } from './dom.js';
import { t } from './page-text.js';

export function drawNotes(): void {
  const notes: MessageKey[] = [];
  if (!isSecureContext) notes.push('notes.insecure');
  if (typeof Worker === 'undefined') notes.push('notes.noWorkers');
  if (!navigator.onLine) notes.push('notes.offline');
  byId('notes').replaceChildren(...notes.map((key) => make('p', { text: t(key) })));
}
