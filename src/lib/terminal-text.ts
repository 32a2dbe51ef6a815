/**
 * Text from other parties for a terminal or a log: control characters and line separators are removed or escaped.
 * @module
 */

/**
 * Characters that control a terminal, or that hide or reorder text: C0 and C1 controls, line and paragraph separators, marks
 * of direction, characters without width.
 */
const CONTROL = '[\\p{Cc}\\p{Zl}\\p{Zp}\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]';
const EACH = new RegExp(CONTROL, 'gu');
const RUNS = new RegExp(`${CONTROL}+`, 'gu');

/** `text` with each run of such characters replaced by one space. */
export function printable(text: string): string {
  return text.replace(RUNS, ' ');
}

/** `json` with each such character as `\uXXXX`, which inside a JSON string is the same character. */
export function escapeControls(json: string): string {
  return json.replace(EACH, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
