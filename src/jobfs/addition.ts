/**
 * The promise that `JobFS.add` returns. It records whether a caller awaits it, so that an error is reported once: to
 * that caller, or else by `pack`. The creator must handle the rejection of the inner promise.
 * @module
 */
export class Addition<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'Promise';
  readonly #outcome: Promise<T>;
  #isAwaited = false;

  constructor(outcome: Promise<T>) {
    this.#outcome = outcome;
  }

  /** Waits for the outcome; rejects only if no other caller awaits it. */
  async settle(): Promise<void> {
    try {
      await this.#outcome;
    } catch (error) {
      if (!this.#isAwaited) throw error;
    }
  }

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isAwaited = true;
    return this.#outcome.then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    this.#isAwaited = true;
    return this.#outcome.finally(onFinally);
  }
}
