import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en, type MessageKey } from './en.js';
import { languageOf, TABLES, Translator } from './translate.js';

const places = (message: unknown): string[] =>
  [...new Set(JSON.stringify(message).match(/\{\w+\}/g) ?? [])].sort();

describe.each(Object.entries(TABLES))('the table %s', (_, table) => {
  it('has every message, and none that is not English', () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(en).sort());
  });

  it('has the places of the English one in each message', () => {
    const wrong = (Object.keys(en) as MessageKey[]).filter(
      (key) => String(places(table[key])) !== String(places(en[key])),
    );
    expect(wrong).toEqual([]);
  });

  it('leaves nothing empty', () => {
    expect(Object.values(table).flatMap((message) => Object.values({ message }).flatMap((m) => (typeof m === 'string' ? m : Object.values(m)))).filter((text) => text.trim() === '')).toEqual([]); // prettier-ignore
  });
});

describe.each(['index.html', 'embed.html'])('%s', (file) => {
  const html = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

  it('names messages that there are', () => {
    const named = [...html.matchAll(/data-t(?:-\w+)?="([^"]+)"/g)].map(([, key]) => key!);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((key) => !(key in en))).toEqual([]);
  });

  it('says the English message where there is no script yet', () => {
    const wrong = [...html.matchAll(/data-t="([^"]+)"[^>]*>([^<]*)</g)].filter(([, key, text]) => {
      const message = en[key as MessageKey];
      return typeof message === 'string' && places(message).length === 0 && text!.replace(/\s+/g, ' ').trim() !== message; // prettier-ignore
    });
    expect(wrong.map(([, key]) => key)).toEqual([]);
  });
});

describe('a translator', () => {
  it('fills places, with numbers as the language writes them', () => {
    expect(new Translator('en').text('running.slice', { number: 12_345 })).toBe('slice 12,345');
    expect(new Translator('de').text('running.slice', { number: 12_345 })).toBe('Stück 12.345');
  });

  it('counts', () => {
    const text = (count: number): string => new Translator('de').text('whom.admitted', { count });
    expect([text(1), text(2)]).toEqual(['1 Absender ist zugelassen.', '2 Absender sind zugelassen.']);
  });

  it('fills a message into a message, and no place of what is filled in', () => {
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
