/**
 * The reasons for which a worker is paused; it works while there are none. Each reason is a name that counts once.
 * @module
 */

import { ManyhandsError } from '../../lib/errors.js';
import { describeValue } from '../../lib/options.js';

export class PauseReasons {
  readonly #reasons = new Set<string>();
  readonly #changed: (name: 'pause' | 'unpause', reason: string) => void;

  constructor(changed: (name: 'pause' | 'unpause', reason: string) => void) {
    this.#changed = changed;
  }

  /** In the order in which they were added. */
  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  get any(): boolean {
    return this.#reasons.size > 0;
  }

  /** @throws INVALID_ARGUMENT where the reason is not a non-empty string */
  add(reason: string): void {
    if (typeof reason !== 'string' || reason === '') {
      const text = `The reason of a pause must be a non-empty string; got ${describeValue(reason)}.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'reason' });
    }
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.#changed('pause', reason);
  }

  remove(reason: string): void {
    if (this.#reasons.delete(reason)) this.#changed('unpause', reason);
  }
}
