/**
 * The page's language: sets the text of every element that names a message, and translates for the views.
 * @module
 */
import { languageOf, Translator, type Language, type Values } from '../i18n/translate.js';
import type { MessageKey } from '../i18n/en.js';

let translator = new Translator('en');

/** A message in the page's language. */
export function t(key: MessageKey, values?: Values): string {
  return translator.text(key, values);
}

export function language(): Language {
  return translator.language;
}

/** Changes the language of the document's elements; views draw their own texts again. */
export function setLanguage(wanted: Language | 'auto'): void {
  translator = new Translator(languageOf(wanted, navigator.languages));
  document.documentElement.lang = translator.language;
  for (const element of document.querySelectorAll('[data-t]')) {
    element.textContent = t(element.getAttribute('data-t') as MessageKey);
  }
  for (const element of document.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(element.getAttribute('data-t-label') as MessageKey));
  }
}

/** Sets the message of an element, now and after a change of language. */
export function setMessage(element: HTMLElement, key: MessageKey): void {
  if (element.dataset.t === key) return;
  element.dataset.t = key;
  element.textContent = t(key);
}
