/**
 * Options of `postMessage` and `structuredClone` with an empty transfer list that other code in the realm cannot change. Deno
 * reads transfer lists, also its default for a missing one, through methods that job code could replace; these options have
 * every property that Deno reads as an own property.
 * @module
 */
const { create, freeze } = Object;
const { defineProperty } = Reflect;
const { iterator } = Symbol;

/** A frozen object without a prototype, with these properties. */
function frozenObject(properties: readonly (readonly [PropertyKey, unknown])[]): object {
  const object = create(null) as object;
  for (const [name, value] of properties) defineProperty(object, name, { value, enumerable: true });
  return freeze(object);
}

const end = frozenObject([
  ['done', true],
  ['value', undefined],
]);
const noItems = frozenObject([['next', () => end]]);

/** The options; iterating their list ends before the first item. */
export const NO_TRANSFER = frozenObject([
  [iterator, undefined],
  ['transfer', frozenObject([[iterator, () => noItems]])],
]) as StructuredSerializeOptions;
