/**
 * The dialog that saves this browser's key as a file: a passphrase, twice, and a word while it is encrypted.
 * @module
 */
import { exportKey, saveFile } from '../donor/earnings.js';
import { make } from './dom.js';
import { t } from './page-text.js';

const PASSPHRASE_MIN = 8;

/** Whether a file was saved. */
export function askToExport(): Promise<boolean> {
  const first = make('input', { type: 'password', autocomplete: 'new-password', id: 'passphrase' });
  const again = make('input', { type: 'password', autocomplete: 'new-password', id: 'passphrase-again' });
  const error = make('p', { class: 'error', role: 'alert', id: 'export-error' });
  const save = make('button', { type: 'submit', class: 'primary', text: t('export.save') });
  const cancel = make('button', { type: 'button', text: t('dialog.cancel') });
  const form = make(
    'form',
    { method: 'dialog', 'aria-describedby': 'export-error' },
    make('label', { class: 'stack', for: 'passphrase' }, t('export.passphrase'), first),
    make('label', { class: 'stack', for: 'passphrase-again' }, t('export.again'), again),
    error,
    make('div', { class: 'dialog-choices' }, cancel, save),
  );
  const title = make('h2', { id: 'export-title', text: t('export.title') });
  const text = make('p', { text: t('export.text') });
  const dialog = make('dialog', { 'aria-labelledby': 'export-title' }, title, text, form);
  return new Promise((resolve) => {
    let saved = false;
    cancel.addEventListener('click', () => dialog.close());
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const problem = problemOf(first.value, again.value);
      error.textContent = problem ?? t('export.busy');
      if (problem !== undefined) return first.focus();
      save.disabled = true;
      exportKey(first.value).then(
        (file) => {
          saveFile(file.name, file.text);
          saved = true;
          dialog.close();
        },
        (cause: unknown) => {
          save.disabled = false;
          error.textContent = cause instanceof Error ? cause.message : String(cause);
        },
      );
    });
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(saved);
    });
    document.body.append(dialog);
    dialog.showModal();
    first.focus();
  });
}

function problemOf(first: string, again: string): string | undefined {
  if ([...first].length < PASSPHRASE_MIN) return t('export.short');
  return first === again ? undefined : t('export.differ');
}
