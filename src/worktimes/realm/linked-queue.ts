/**
 * A queue that uses no methods of arrays: job code in the same realm may replace them.
 * @module
 */
interface Link<T> {
  readonly value: T;
  next: Link<T> | undefined;
}

export class LinkedQueue<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** The oldest element; undefined where the queue is empty. */
  get first(): T | undefined {
    return this.#first?.value;
  }

  push(value: T): void {
    const link: Link<T> = { value, next: undefined };
    if (this.#first === undefined) this.#first = link;
    else this.#last!.next = link;
    this.#last = link;
  }

  shift(): T | undefined {
    const found = this.#first;
    this.#first = found?.next;
    // Otherwise the queue would keep a removed element alive.
    if (this.#first === undefined) this.#last = undefined;
    return found?.value;
  }
}
