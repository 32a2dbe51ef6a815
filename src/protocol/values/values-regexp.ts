/**
 * The limit on regular expressions in one value: compiling them is the only step of decoding whose time is not proportional
 * to the bytes. Reader and writer enforce the same limit.
 * @module
 */
import { REGEXP_LENGTH_MAX, REGEXP_UNICODE_LENGTH_MAX } from '../limits.js';

/** What each expression counts besides the length of its source. */
const CHARGE = 16;

export class RegExpBudget {
  #spent = 0;

  /** Counts one more; false where it is too long, or where those with a Unicode flag exceed the limit. */
  take(source: string, flags: string): boolean {
    if (source.length > REGEXP_LENGTH_MAX) return false;
    if (!/[uv]/.test(flags)) return true;
    this.#spent += CHARGE + source.length;
    return this.#spent <= REGEXP_UNICODE_LENGTH_MAX;
  }
}
