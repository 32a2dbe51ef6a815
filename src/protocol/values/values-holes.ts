/**
 * Arrays with holes: found without a closer look at arrays that have none, and made without room for what is not
 * there.
 * @module
 */

/** Whether an index below the length is missing. Holes read as undefined, so only those are looked at closely. */
export function hasHole(array: readonly unknown[]): boolean {
  if (!Array.prototype.includes.call(array, undefined)) return false;
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !Object.hasOwn(array, i)) return true;
  return false;
}

/** The indices of the items that are there, ascending. */
export function presentIndices(array: readonly unknown[]): number[] {
  return Object.keys(array)
    .filter((key) => /^(0|[1-9]\d{0,9})$/.test(key))
    .map(Number)
    .filter((index) => index < array.length)
    .sort((a, b) => a - b);
}

/** Farther than any index that an engine keeps room up to. */
const FAR = 2 ** 26;

/** An array of `length` holes that takes no room for them, however many there are. */
export function holes(length: number): unknown[] {
  const array: unknown[] = [];
  // An engine that sees so far an item keeps items by key, and goes on so.
  if (length > 16) array[FAR] = undefined;
  array.length = length;
  return array;
}
