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
  return cut(text, width).padEnd(width);
}

/** `text` in `width` columns at most. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1)).trimEnd()}…`;
}

/** `text` of a stranger without what would steer the terminal: control characters become blanks. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}
