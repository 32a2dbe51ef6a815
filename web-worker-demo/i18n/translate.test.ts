import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en, type MessageKey } from './en.js';
import { languageOf, TABLES, Translator } from './translate.js';

const places = (message: unknown): string[] =>
  [...new Set(JSON.stringify(message).match(/\{\w+\}/g) ?? [])].sort();

describe.each(Object.entries(TABLES))('the table %s', (_, table) => {
  it('each language has exactly the messages of the English table', () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(en).sort());
  });

  it('each message has the places of the English one', () => {
    const wrong = (Object.keys(en) as MessageKey[]).filter(
      (key) => String(places(table[key])) !== String(places(en[key])),
    );
    expect(wrong).toEqual([]);
  });

  it('no message is empty', () => {
    expect(Object.values(table).flatMap((message) => Object.values({ message }).flatMap((m) => (typeof m === 'string' ? m : Object.values(m)))).filter((text) => text.trim() === '')).toEqual([]); // prettier-ignore
  });
});

describe.each(['index.html', 'embed.html'])('%s', (file) => {
  const html = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

  it('the pages name only messages that exist', () => {
    const named = [...html.matchAll(/data-t(?:-\w+)?="([^"]+)"/g)].map(([, key]) => key!);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((key) => !(key in en))).toEqual([]);
  });

  it('the pages contain the English messages, for the time before the script runs', () => {
    const wrong = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)].filter(([, key, text]) => {
      const message = en[key as MessageKey];
      return typeof message === 'string' && places(message).length === 0 && text!.replace(/\s+/g, ' ').trim() !== message; // prettier-ignore
    });
    expect(wrong.map(([, key]) => key)).toEqual([]);
  });
});

describe('a translator', () => {
  it('fills the places of a message, with numbers formatted by the language', () => {
    expect(new Translator('en').text('running.slice', { number: 12_345 })).toBe('slice 12,345');
    expect(new Translator('de').text('running.slice', { number: 12_345 })).toBe('Teilaufgabe 12.345');
  });

  it('selects the plural form by the count', () => {
    const text = (count: number): string => new Translator('de').text('whom.admitted', { count });
    expect([text(1), text(2)]).toEqual(['1 Auftraggeber ist zugelassen.', '2 Auftraggeber sind zugelassen.']);
  });

  it('fills a message into a message, and does not replace places in a value', () => {
    const translator = new Translator('en');
    expect(translator.text('log.failed', { why: { key: 'error.connect' } })).toBe(
      'The worker cannot go on: the scheduler cannot be reached.',
    );
    expect(translator.text('log.job', { name: '{name} $& {other}' })).toBe(
      'Began work on “{name} $& {other}”.',
    );
  });
});

it.each([
  [['de-AT', 'en'], 'de'],
  [['fr', 'de'], 'de'],
  [['fr'], 'en'],
  [[], 'en'],
] as const)('of the languages %j chooses %s', (offered, chosen) => {
  expect(languageOf('auto', offered)).toBe(chosen);
  expect(languageOf('en', offered)).toBe('en');
});
