/**
 * The objects of one value by their numbers on the wire: 0 for the first that begins, and so on.
 * @module
 */

/** Up to so many objects are looked for one by one, which is quicker; past it a map is kept. */
const SCANNED_MAX = 8;

export class SeenObjects {
  #objects: object[] = [];
  #numbers: Map<object, number> | undefined;

  get count(): number {
    return this.#objects.length;
  }

  /** The number of an object that was seen; −1 for a new one, which has the next number from now on. */
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
