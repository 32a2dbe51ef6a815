/**
 * Numbers the objects of one value in the order in which their encoding begins, from 0.
 * @module
 */

/** Up to so many objects a linear search is quicker; for more a map is used. */
const SCANNED_MAX = 8;

export class SeenObjects {
  #objects: object[] = [];
  #numbers: Map<object, number> | undefined;

  get count(): number {
    return this.#objects.length;
  }

  /** The number of a known object; −1 for a new one, which gets the next number. */
  numberOf(object: object): number {
    const objects = this.#objects;
    const known = this.#numbers === undefined ? objects.indexOf(object) : (this.#numbers.get(object) ?? -1);
    if (known >= 0) return known;
    const number = objects.push(object) - 1;
    if (this.#numbers !== undefined) this.#numbers.set(object, number);
    else if (number >= SCANNED_MAX) this.#numbers = new Map(objects.map((each, i) => [each, i]));
    return -1;
  }

  forget(): void {
    this.#objects = [];
    this.#numbers = undefined;
  }
}
