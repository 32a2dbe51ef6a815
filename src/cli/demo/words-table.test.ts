import { expect, it } from 'vitest';
import { wordsTable } from './words-table.js';

const CHAPTERS = [
  { title: '1. Fog', words: 7, distinct: 1_234, longest: 'sea' },
  { title: '2. One Hundred and Eighty-Eight Steps', words: 12_345, distinct: 5, longest: 'quicksilver' },
];

it('the table of words aligns its columns', () => {
  expect(wordsTable(CHAPTERS, 100)).toEqual([
    '  chapter                                words  different  longest',
    '  1. Fog                                     7       1234  sea',
    '  2. One Hundred and Eighty-Eight Steps  12345          5  quicksilver',
  ]);
});

it('the table of words truncates long titles, so that no line is wider than the terminal', () => {
  const lines = wordsTable(CHAPTERS, 60);
  expect(lines[2]).toBe('  2. One Hundred and Eighty-…  12345          5  quicksilver');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
});

it('the table of words keeps a few characters of each title on a narrow terminal', () => {
  expect(wordsTable(CHAPTERS, 10)[2]).toBe('  2. One…   12345          5  quicksilver');
});
