import { expect, it } from 'vitest';
import { escapeControls, printable } from './terminal-text.js';

const STRANGE = 'a\u001b[2J\u0007b\r\nc\u009b31m\u202ed\u2028e\u200bf\ufeffg';

it('takes from a stranger’s text what would steer the terminal', () => {
  expect(printable(STRANGE)).toBe('a [2J b c 31m d e f g');
  expect(printable('Größe 大 é')).toBe('Größe 大 é');
});

it('escapes the same in JSON, which still says the same', () => {
  const escaped = escapeControls(JSON.stringify({ text: STRANGE }));
  expect(escaped).toBe(printable(escaped));
  expect(JSON.parse(escaped)).toEqual({ text: STRANGE });
});
