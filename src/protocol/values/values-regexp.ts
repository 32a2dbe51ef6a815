/**
 * What regular expressions in one value may cost: making one is the only step of decoding whose time is not in
 * proportion to the bytes, so reader and writer keep to the same bound.
 * @module
 */
import { REGEXP_LENGTH_MAX, REGEXP_UNICODE_LENGTH_MAX } from '../limits.js';

/** What one counts beside its source, so that short ones are not free. */
const CHARGE = 16;

export class RegExpBudget {
  #spent = 0;

  /** Takes one more; false where it is too long, or where there are too many with a Unicode flag. */
  take(source: string, flags: string): boolean {
    if (source.length > REGEXP_LENGTH_MAX) return false;
    if (!/[uv]/.test(flags)) return true;
    this.#spent += CHARGE + source.length;
    return this.#spent <= REGEXP_UNICODE_LENGTH_MAX;
  }
}
