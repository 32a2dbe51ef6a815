/**
 * Classes with a registered serializer: an instance is encoded as the name of its serializer and the result of `serialize`.
 * The registry is per process; the receiver must have registered the same name.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';

export interface Serializer<T extends object, W = unknown> {
  /** Its name in encoded values: 1 to 255 characters. */
  name: string;
  /** Instances of exactly this class are encoded; subclasses must be registered themselves. */
  class: abstract new (...args: never[]) => T;
  /** Returns a value from which `deserialize` makes the instance; it must not contain the instance itself. */
  serialize(instance: T): W;
  deserialize(wire: W): T;
}

/** A registered serializer, without its type parameters. */
export interface AnySerializer {
  readonly name: string;
  readonly serialize: (instance: object) => unknown;
  readonly deserialize: (wire: unknown) => object;
}

const byPrototype = new Map<object, AnySerializer>();
const byName = new Map<string, AnySerializer>();

/**
 * Lets instances of a class be encoded in values. Returns a function that unregisters the class.
 * @throws INVALID_ARGUMENT where the name or the class is registered already, or the name is not 1 to 255 characters
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

/** The serializer with this name. */
export function serializerNamed(name: string): AnySerializer | undefined {
  return byName.get(name);
}
