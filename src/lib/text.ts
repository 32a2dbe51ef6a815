/**
 * Truncates text to a limit so that it can still be written as UTF-8.
 * @module
 */

/** One half of a surrogate pair without the other; under the `u` flag a whole pair is one character. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * At most `unitsMax` UTF-16 units of `text`, with every lone surrogate replaced by U+FFFD: UTF-8 cannot encode a lone
 * surrogate.
 */
export function truncateText(text: string, unitsMax: number): string {
  return text.slice(0, unitsMax).replace(LONE_SURROGATE, '\ufffd');
}
