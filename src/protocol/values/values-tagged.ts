/**
 * Decodes what MessagePack has no format for: tagged arrays (maps, sets, errors …) and references. Every object gets its
 * number here.
 * @module
 */
import { ARRAY_LENGTH_MAX, VALUE_DEPTH_MAX, VALUE_OBJECTS_MAX } from '../limits.js';
import { makeError, setErrorField } from './values-error.js';
import { TAG } from './values-format.js';
import { arrayOfHoles } from './values-holes.js';
import { RegExpBudget } from './values-regexp.js';
import { serializerNamed } from './values-registry.js';
import { ByteSource } from './values-source.js';

/** Placeholder for an object that has a number but is not built yet. */
const PENDING: unique symbol = Symbol('pending');

export abstract class TaggedReader extends ByteSource {
  #objects: unknown[] = [];
  #regexps: RegExpBudget | undefined;

  protected abstract value(depth: number): unknown;

  /** Clears the state of the value that was read. */
  protected forget(): void {
    if (this.#objects.length > 0) this.#objects = [];
    this.#regexps = undefined;
  }

  /** Gives an object the next number. */
  protected register<T>(object: T, depth: number): T {
    this.reserve(depth);
    this.#objects.push(object);
    return object;
  }

  protected reserve(depth: number): void {
    if (depth > VALUE_DEPTH_MAX) throw this.bad(`nested deeper than ${VALUE_DEPTH_MAX} levels`);
    if (this.#objects.length >= VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} objects`);
  }

  protected text(what: string): string {
    const value = this.value(VALUE_DEPTH_MAX + 1);
    if (typeof value !== 'string') throw this.bad(`${what} that is not text`);
    return value;
  }

  protected reference(length: number): unknown {
    if (length !== 1 && length !== 2 && length !== 4) throw this.bad('an ill-formed reference');
    const number = this.length(length >> 1);
    const object = number < this.#objects.length ? this.#objects[number] : PENDING;
    if (object === PENDING) throw this.bad(`a reference to object ${number}, which is not there`);
    return object;
  }

  protected tagged(length: number, depth: number): unknown {
    const tag = this.bytes[this.take(3) + 2]!;
    const items = length - 1;
    switch (tag) {
      case TAG.sparse:
        return this.#sparse(items, depth);
      case TAG.map:
        return this.#map(items, depth);
      case TAG.set:
        return this.#set(items, depth);
      case TAG.error:
        return this.#error(items, depth);
      case TAG.regexp:
        return this.#regexp(items, depth);
      case TAG.boxed:
        return this.#boxed(items, depth);
      case TAG.registered:
        return this.#registered(items, depth);
      default:
        throw this.bad(`tag ${tag} is not known`);
    }
  }

  #sparse(items: number, depth: number): unknown[] {
    const length = items % 2 === 1 ? this.value(VALUE_DEPTH_MAX + 1) : undefined;
    if (!isIntegerWithin(length, 0, ARRAY_LENGTH_MAX)) throw this.bad('an ill-formed sparse array');
    const array = this.register(arrayOfHoles(length), depth);
    let least = 0;
    for (let i = 1; i < items; i += 2) {
      const index = this.value(VALUE_DEPTH_MAX + 1);
      if (!isIntegerWithin(index, least, length - 1))
        throw this.bad('an index of a sparse array out of order');
      array[index] = this.value(depth + 1);
      least = index + 1;
    }
    return array;
  }

  #map(items: number, depth: number): Map<unknown, unknown> {
    if (items % 2 !== 0) throw this.bad('a map with a key and no value');
    if (items > 2 * VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} entries`);
    const map = this.register(new Map<unknown, unknown>(), depth);
    for (let i = 0; i < items; i += 2) {
      const key = this.value(depth + 1);
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #set(items: number, depth: number): Set<unknown> {
    if (items > VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} items`);
    const set = this.register(new Set<unknown>(), depth);
    for (let i = 0; i < items; i++) set.add(this.value(depth + 1));
    return set;
  }

  #error(items: number, depth: number): Error {
    const error = items % 2 === 1 ? makeError(this.text("an error's class")) : undefined;
    if (error === undefined) throw this.bad('an ill-formed error');
    this.register(error, depth);
    for (let i = 1; i < items; i += 2) {
      const key = this.text("an error's field");
      if (!setErrorField(error, key, this.value(depth + 1)))
        throw this.bad('an ill-formed field of an error');
    }
    return error;
  }

  #regexp(items: number, depth: number): RegExp {
    this.reserve(depth);
    if (items !== 2) throw this.bad('an ill-formed regular expression');
    const source = this.text("a regular expression's source");
    const flags = this.text("a regular expression's flags");
    this.#regexps ??= new RegExpBudget();
    if (!this.#regexps.take(source, flags)) throw this.bad('regular expressions that are too long');
    try {
      return this.register(new RegExp(source, flags), depth);
    } catch (error) {
      throw this.bad('a regular expression that is none', error);
    }
  }

  #boxed(items: number, depth: number): object {
    this.reserve(depth);
    const primitive = items === 1 ? this.value(VALUE_DEPTH_MAX + 1) : undefined;
    switch (typeof primitive) {
      case 'number':
      case 'string':
      case 'boolean':
      case 'bigint':
        return this.register(Object(primitive) as object, depth);
      default:
        throw this.bad('an ill-formed boxed primitive');
    }
  }

  #registered(items: number, depth: number): unknown {
    if (items !== 2) throw this.bad('an ill-formed instance');
    const number = this.#objects.length;
    this.register(PENDING, depth);
    const name = this.text("an instance's class");
    const serializer = serializerNamed(name);
    if (serializer === undefined) throw this.bad(`no serializer "${name.slice(0, 100)}" is registered here`);
    const wire = this.value(depth + 1);
    try {
      return (this.#objects[number] = serializer.deserialize(wire));
    } catch (error) {
      throw this.bad(`the serializer "${name}" could not make an instance`, error);
    }
  }
}

function isIntegerWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
