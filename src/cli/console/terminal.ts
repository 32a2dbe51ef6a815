/**
 * Measures and truncates text for the terminal.
 * @module
 */
const COLUMNS_DEFAULT = 80;

/** Columns of the terminal; 80 if there is none. */
export function terminalWidth(): number {
  return process.stdout.columns || COLUMNS_DEFAULT;
}

/** `text` in exactly `width` columns: padded with spaces, or truncated with an ellipsis. */
export function fit(text: string, width: number): string {
  const shown = truncate(text, width);
  return shown + ' '.repeat(Math.max(0, width - columnsOf(shown)));
}

/** `text` in at most `width` columns, truncated with an ellipsis. Grapheme clusters are never split. */
export function truncate(text: string, width: number): string {
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
/** Emoji and full-width characters of East Asian scripts, which take two columns. */
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;

/** The number of columns of `text`, which must not contain control characters. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of CHARACTERS.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}
