/**
 * A button that copies a text, and says so.
 * @module
 */
import { make } from './dom.js';
import { t } from './page-text.js';

const SAID_MS = 2_000;

/** `text`: what it copies when it is pressed. */
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

/** Copies, and writes into the button whether it worked. */
export async function copy(button: HTMLElement, text: string): Promise<void> {
  // Over plain http there is no clipboard to write to.
  const done = await Promise.resolve(
    navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('none')),
  ).then(
    () => true,
    () => false,
  );
  button.textContent = done ? t('copy.done') : text;
  if (done) setTimeout(() => (button.textContent = t('copy.address')), SAID_MS);
}
