/**
 * Text of strangers on its way to a terminal or a log: nothing in it steers a terminal or makes a second line.
 * @module
 */

/**
 * What a terminal may act on, or what hides or turns round what is shown: C0 and C1 controls, separators of lines, marks of
 * direction, characters without width.
 */
const CONTROL = '[\\p{Cc}\\p{Zl}\\p{Zp}\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]';
const EACH = new RegExp(CONTROL, 'gu');
const RUNS = new RegExp(`${CONTROL}+`, 'gu');

/** `text` with each run of such characters as one blank. */
export function printable(text: string): string {
  return text.replace(RUNS, ' ');
}

/** Each such character as `\uXXXX`: in a text of JSON that is the same character, as long as it is inside a string. */
export function escapeControls(json: string): string {
  return json.replace(EACH, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
