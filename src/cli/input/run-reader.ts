/**
 * Reads runs of data as an iterator of single data, which ends at the first error: what was read before it is still computed.
 * @module
 */

export class RunReader implements AsyncIterableIterator<unknown> {
  readonly #runs: AsyncIterator<readonly unknown[]>;
  #run: readonly unknown[] = [];
  #index = 0;
  #error: Error | undefined;

  constructor(runs: AsyncIterable<readonly unknown[]>) {
    this.#runs = runs[Symbol.asyncIterator]();
  }

  /** What the input failed with. */
  get error(): Error | undefined {
    return this.#error;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#index < this.#run.length)
      return Promise.resolve({ done: false, value: this.#run[this.#index++] });
    return this.#nextRun();
  }

  async #nextRun(): Promise<IteratorResult<unknown>> {
    try {
      do {
        const next = await this.#runs.next();
        if (next.done === true) return { done: true, value: undefined };
        this.#run = next.value;
        this.#index = 0;
      } while (this.#run.length === 0);
      return { done: false, value: this.#run[this.#index++] };
    } catch (error) {
      this.#error = error as Error;
      return { done: true, value: undefined };
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    await this.#runs.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
