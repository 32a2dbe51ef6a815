/**
 * Why a worker rests: it runs while there is no reason left. Reasons come and go by name, each told once.
 * @module
 */

export class Pauses {
  readonly #reasons = new Set<string>();
  readonly #told: (name: 'pause' | 'unpause', reason: string) => void;

  constructor(told: (name: 'pause' | 'unpause', reason: string) => void) {
    this.#told = told;
  }

  /** In the order in which they came. */
  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  get any(): boolean {
    return this.#reasons.size > 0;
  }

  add(reason: string): void {
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.#told('pause', reason);
  }

  remove(reason: string): void {
    if (this.#reasons.delete(reason)) this.#told('unpause', reason);
  }
}
