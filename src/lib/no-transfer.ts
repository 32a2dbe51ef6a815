/**
 * Options of `postMessage` and `structuredClone` that transfer nothing, whatever code in the same realm replaces. Deno reads
 * lists of transfers by methods that such code can replace, its own empty list that stands for a missing one included;
 * these options have every property of their own that Deno looks for.
 * @module
 */
const { create, freeze } = Object;
const { defineProperty } = Reflect;
const { iterator } = Symbol;

/** A frozen object without a prototype, of these properties alone. */
function bare(properties: readonly (readonly [PropertyKey, unknown])[]): object {
  const object = create(null) as object;
  for (const [name, value] of properties) defineProperty(object, name, { value, enumerable: true });
  return freeze(object);
}

const end = bare([
  ['done', true],
  ['value', undefined],
]);
const noItems = bare([['next', () => end]]);

/** The options; their list is read by a method of its own, and ends before its first item. */
export const NO_TRANSFER = bare([
  [iterator, undefined],
  ['transfer', bare([[iterator, () => noItems]])],
]) as StructuredSerializeOptions;
