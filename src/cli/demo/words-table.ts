/**
 * Formats the word statistics of chapters as a table.
 * @module
 */
import { fit } from '../console/terminal.js';

/** The statistics of one chapter. */
export interface ChapterWords {
  title: string;
  words: number;
  distinct: number;
  longest: string;
}

const TITLE_WIDTH_MAX = 40;
const TITLE_WIDTH_MIN = 8;

/** One line for each chapter below a heading line, at most `columns` wide if possible: long titles are truncated. */
export function wordsTable(chapters: readonly ChapterWords[], columns: number): string[] {
  const rows = [
    { title: 'chapter', numbers: ['words', 'different'], longest: 'longest' },
    ...chapters.map(({ title, words, distinct, longest }) => ({
      title,
      numbers: [String(words), String(distinct)],
      longest,
    })),
  ];
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row.numbers[at]!.length)));
  const longest = Math.max(...rows.map((row) => row.longest.length));
  const others = '  '.length * 4 + widths[0]! + widths[1]! + longest;
  const wanted = Math.min(TITLE_WIDTH_MAX, Math.max(...rows.map((row) => row.title.length)));
  const width = Math.max(TITLE_WIDTH_MIN, Math.min(wanted, columns - others));
  return rows.map(({ title, numbers, longest: word }) => {
    const cells = numbers.map((number, at) => number.padStart(widths[at]!));
    return `  ${[fit(title, width), ...cells, word].join('  ')}`;
  });
}
