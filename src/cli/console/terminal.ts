/**
 * What a line of text may be on the terminal at hand.
 * @module
 */
const COLUMNS_DEFAULT = 80;

/** Columns of the terminal; 80 where there is none. */
export function terminalWidth(): number {
  return process.stdout.columns || COLUMNS_DEFAULT;
}

/** `text` in exactly `width` columns: filled with blanks, or cut with an ellipsis at its end. */
export function fit(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + ' '.repeat(Math.max(0, width - columnsOf(shown)));
}

/** `text` in `width` columns at most. What a reader takes for one character is never cut in two. */
export function cut(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let shown = '';
  let left = width - 1;
  for (const { segment } of CHARACTERS.segment(text)) {
    left -= columnsOf(segment);
    if (left < 0) break;
    shown += segment;
  }
  return `${shown.trimEnd()}…`;
}

const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });
const PLAIN = /^[\x20-\x7e]*$/;
/** Emoji, the scripts of East Asia and their full-width forms take two columns each. */
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;

/** Columns that a terminal takes for `text`, which has no controls in it. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of CHARACTERS.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}
