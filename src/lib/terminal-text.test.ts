import { expect, it } from 'vitest';
import { escapeControls, printable } from './terminal-text.js';

const STRANGE = 'a\u001b[2J\u0007b\r\nc\u009b31m\u202ed\u2028e\u200bf\ufeffg';

it('printable replaces control characters, separators and invisible characters by a space', () => {
  expect(printable(STRANGE)).toBe('a [2J b c 31m d e f g');
  expect(printable('Größe 大 é')).toBe('Größe 大 é');
});

it('escapeControls escapes the same characters in JSON, whose value stays the same', () => {
  const escaped = escapeControls(JSON.stringify({ text: STRANGE }));
  expect(escaped).toBe(printable(escaped));
  expect(JSON.parse(escaped)).toEqual({ text: STRANGE });
});
