/**
 * Messages in the donor's language. A language is one table with the keys of the English table, which the compiler
 * checks; to add one, write its table, and add it to `TABLES` and to the settings.
 * @module
 */
import { de } from './de.js';
import { en, type Message, type MessageKey } from './en.js';
export type Language = 'en' | 'de';
/** A value may itself be a message. */
export type Value = string | number | { key: MessageKey };
export type Values = Readonly<Record<string, Value>>;

/** The name of each language in that language. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch' };

export const TABLES: Record<Language, Record<MessageKey, Message>> = { en, de };

/** The wanted language, or the first of the browser's languages that has a table. */
export function languageOf(wanted: Language | 'auto', offered: readonly string[]): Language {
  if (wanted !== 'auto') return wanted;
  for (const tag of offered) {
    const primary = tag.toLowerCase().split('-')[0];
    const found = (Object.keys(TABLES) as Language[]).find((language) => language === primary);
    if (found !== undefined) return found;
  }
  return 'en';
}

export function isMessageKey(text: string): text is MessageKey {
  return Object.hasOwn(en, text);
}

export class Translator {
  readonly language: Language;
  readonly #plurals: Intl.PluralRules;
  readonly #number: Intl.NumberFormat;

  constructor(language: Language) {
    this.language = language;
    this.#plurals = new Intl.PluralRules(language);
    this.#number = new Intl.NumberFormat(language);
  }

  /** The message with its `{places}` filled in; numbers are formatted, and a value's own braces are not replaced. */
  text(key: MessageKey, values: Values = {}): string {
    const message = TABLES[this.language][key];
    const pattern =
      typeof message === 'string'
        ? message
        : message[this.#plurals.select(Number(values.count)) === 'one' ? 'one' : 'other'];
    return pattern.replace(/\{(\w+)\}/g, (place, name: string) => {
      const value = values[name];
      if (value === undefined) return place;
      if (typeof value === 'object') return this.text(value.key, values);
      return typeof value === 'number' ? this.#number.format(value) : value;
    });
  }
}
