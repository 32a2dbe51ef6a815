/**
 * Cutting text to a limit so that it stays text.
 * @module
 */

/** A half of a surrogate pair that has lost its other half; pairs are one character under the `u` flag. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * At most `unitsMax` UTF-16 units of `text`, with every lone surrogate replaced: such a half cannot be written as UTF-8,
 * and comes out longer at the other end than it went in.
 */
export function cutText(text: string, unitsMax: number): string {
  return text.slice(0, unitsMax).replace(LONE_SURROGATE, '\ufffd');
}
