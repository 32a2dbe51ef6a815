/**
 * The form that exports this browser's key as a file: the passphrase twice, and a message while it is encrypted. It is a
 * part of the page, not a dialog.
 * @module
 */
import { exportKey, saveFile } from '../donor/earnings.js';
import { button, byId, input, setText } from './dom.js';
import { t } from './page-text.js';

const PASSPHRASE_MIN = 8;

export function bindExport(exported: () => void): void {
  const form = byId('export-form', HTMLFormElement);
  button('export').addEventListener('click', () => show(form.hidden !== false));
  button('export-cancel').addEventListener('click', () => show(false));
  form.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') show(false);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void save().then((saved) => {
      if (!saved) return;
      show(false);
      exported();
    });
  });
}

function show(isShown: boolean): void {
  const form = byId('export-form', HTMLFormElement);
  form.reset();
  form.hidden = !isShown;
  setText(byId('export-error'), '');
  button('export').setAttribute('aria-expanded', String(isShown));
  if (isShown) input('passphrase').focus();
  else button('export').focus();
}

async function save(): Promise<boolean> {
  const first = input('passphrase').value;
  const problem = problemOf(first, input('passphrase-again').value);
  setText(byId('export-error'), problem ?? t('export.busy'));
  if (problem !== undefined) {
    input('passphrase').focus();
    return false;
  }
  button('export-save').disabled = true;
  try {
    const { name, text } = await exportKey(first);
    saveFile(name, text);
    return true;
  } catch (cause) {
    setText(byId('export-error'), cause instanceof Error ? cause.message : String(cause));
    return false;
  } finally {
    button('export-save').disabled = false;
  }
}

function problemOf(first: string, again: string): string | undefined {
  if ([...first].length < PASSPHRASE_MIN) return t('export.short');
  return first === again ? undefined : t('export.differ');
}
