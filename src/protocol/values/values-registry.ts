/**
 * Classes that the walk takes because somebody said how: a registered class travels as its name and what its
 * `serialize` gave. The registry lives in this process; the peer must have registered the same name.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

export interface Serializer<T extends object, W = unknown> {
  /** What it is called on the wire: 1 to 255 characters. */
  name: string;
  /** Instances made by exactly this class are taken; a subclass registers itself. */
  class: abstract new (...args: never[]) => T;
  /** A cloneable value that `deserialize` makes the instance of; it must not contain the instance itself. */
  serialize(instance: T): W;
  deserialize(wire: W): T;
}

/** A serializer whose types were checked when it was registered. */
export interface AnySerializer {
  readonly name: string;
  readonly serialize: (instance: object) => unknown;
  readonly deserialize: (wire: unknown) => object;
}

const byPrototype = new Map<object, AnySerializer>();
const byName = new Map<string, AnySerializer>();

/**
 * Lets instances of a class be values. Returns how to take it back.
 * Throws `INVALID_ARGUMENT` where the name or the class is taken or the name is not 1 to 255 characters.
 */
export function registerSerializer<T extends object, W>(serializer: Serializer<T, W>): () => void {
  const { name } = serializer;
  if (typeof name !== 'string' || name.length === 0 || name.length > 255) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'registerSerializer: `name` must be a string of 1 to 255 characters',
    );
  }
  const prototype = (
    typeof serializer.class === 'function' ? serializer.class.prototype : undefined
  ) as unknown;
  if (typeof prototype !== 'object' || prototype === null) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `registerSerializer: the \`class\` of "${name}" is not a class`,
    );
  }
  if (byName.has(name) || byPrototype.has(prototype)) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      `registerSerializer: "${name}" or its class is registered already`,
    );
  }
  const entry: AnySerializer = {
    name,
    serialize: (instance) => serializer.serialize(instance as T),
    deserialize: (wire) => serializer.deserialize(wire as W),
  };
  byName.set(name, entry);
  byPrototype.set(prototype, entry);
  return () => {
    byName.delete(name);
    byPrototype.delete(prototype);
  };
}

/** The serializer of instances with this prototype. */
export function serializerOf(prototype: object): AnySerializer | undefined {
  return byPrototype.size === 0 ? undefined : byPrototype.get(prototype);
}

/** The serializer with this name on the wire. */
export function serializerNamed(name: string): AnySerializer | undefined {
  return byName.get(name);
}
