/**
 * The promise that `JobFS.add` gives. It notices whether anybody waits for it, so that an error is told once:
 * to who waits, or else by `pack`. Whoever makes one handles the rejection of what is in it.
 * @module
 */
export class Addition<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'Promise';
  readonly #outcome: Promise<T>;
  #isTaken = false;

  constructor(outcome: Promise<T>) {
    this.#outcome = outcome;
  }

  /** Settles, and rejects only where nobody else was told. */
  async settle(): Promise<void> {
    try {
      await this.#outcome;
    } catch (error) {
      if (!this.#isTaken) throw error;
    }
  }

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isTaken = true;
    return this.#outcome.then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    this.#isTaken = true;
    return this.#outcome.finally(onFinally);
  }
}
