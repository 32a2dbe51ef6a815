/**
 * A button that copies a text, and confirms it.
 * @module
 */
import { make } from './dom.js';
import { t } from './page-text.js';

const SAID_MS = 2_000;

/** `text`: called on each click for the text to copy. */
export function copyButton(text: () => string): HTMLButtonElement {
  const made = make('button', {
    type: 'button',
    class: 'link',
    'data-t': 'copy.address',
    text: t('copy.address'),
  });
  made.addEventListener('click', () => void copy(made, text()));
  return made;
}

/** Copies the text, and shows in the button whether it worked. */
export async function copy(button: HTMLElement, text: string): Promise<void> {
  // The clipboard is missing over plain http.
  const done = await Promise.resolve(
    navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('none')),
  ).then(
    () => true,
    () => false,
  );
  button.textContent = done ? t('copy.done') : text;
  if (done) setTimeout(() => (button.textContent = t('copy.address')), SAID_MS);
}
