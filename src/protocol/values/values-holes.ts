/**
 * Arrays with holes: detected cheaply in arrays without holes, and created without memory for the holes.
 * @module
 */

/** Whether an index below the length is missing. A hole reads as undefined, so only undefined items are checked. */
export function hasHole(array: readonly unknown[]): boolean {
  if (!Array.prototype.includes.call(array, undefined)) return false;
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !Object.hasOwn(array, i)) return true;
  return false;
}

/** The indices of the existing items, ascending, as the keys of an object are. */
export function presentIndices(array: readonly unknown[]): number[] {
  return Object.keys(array)
    .filter((key) => /^(0|[1-9]\d{0,9})$/.test(key))
    .map(Number)
    .filter((index) => index < array.length);
}

/** An index so large that engines switch the array to storage by key. */
const SPARSE_INDEX = 2 ** 26;

/** An array of `length` holes, without memory for them. */
export function arrayOfHoles(length: number): unknown[] {
  const array: unknown[] = [];
  // The array keeps its storage by key when the item is removed by the shorter length.
  if (length > 16) array[SPARSE_INDEX] = undefined;
  array.length = length;
  return array;
}
