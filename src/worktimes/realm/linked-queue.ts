/**
 * A queue without arrays: their methods can be tampered with by the job code that shares the realm.
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

  /** The one that has waited longest. */
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
    // What was taken is not kept here.
    if (this.#first === undefined) this.#last = undefined;
    return found?.value;
  }
}
