/**
 * Reads values back from bytes that anybody may have made: every length is checked against the bytes that are left,
 * nesting and objects are bounded, nothing is executed (but a registered class's own `deserialize`).
 * @module
 */
import { isError } from '../lib/errors.js';
import { ARRAY_LENGTH_MAX, VALUE_DEPTH_MAX, VALUE_OBJECTS_MAX } from './limits.js';
import { bigintAt } from './values-bigint.js';
import { makeError, setErrorField } from './values-error.js';
import { EXT, TAG, VIEW_KINDS_BY_EXT } from './values-format.js';
import { RegExpBudget } from './values-regexp.js';
import { serializerNamed } from './values-registry.js';
import { ByteSource } from './values-source.js';

/** Stands for an object whose number is given but that is not there yet. */
const PENDING: unique symbol = Symbol('pending');

export class ValueReader extends ByteSource {
  #objects: unknown[] = [];
  #regexps: RegExpBudget | undefined;

  /** The one value that fills the bytes from `from` to `to`. Throws `VALUE_MALFORMED`. */
  read(from: number, to: number): unknown {
    this.pos = from;
    this.end = to;
    this.#regexps = undefined;
    try {
      const value = this.#value(1);
      if (this.pos !== to) throw this.bad(`${to - this.pos} bytes are left over`);
      return value;
    } catch (error) {
      // Whatever an engine refuses by itself (a stack that was nearly used up, a map past its size) is refused here.
      if (isError(error, 'VALUE_MALFORMED')) throw error;
      throw this.bad('it could not be built', error);
    } finally {
      if (this.#objects.length > 0) this.#objects = [];
    }
  }

  #value(depth: number): unknown {
    const head = this.bytes[this.take(1)]!;
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head >= 0xa0 && head < 0xc0) return this.string(head & 31);
    if (head < 0x90) return this.#plain(head & 15, depth);
    if (head < 0xa0) return this.#array(head & 15, depth);
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xcb:
        return this.view.getFloat64(this.take(8));
      case 0xca:
        return this.view.getFloat32(this.take(4));
      case 0xcc:
        return this.bytes[this.take(1)];
      case 0xcd:
        return this.view.getUint16(this.take(2));
      case 0xce:
        return this.view.getUint32(this.take(4));
      case 0xcf:
        return this.long(false);
      case 0xd0:
        return this.view.getInt8(this.take(1));
      case 0xd1:
        return this.view.getInt16(this.take(2));
      case 0xd2:
        return this.view.getInt32(this.take(4));
      case 0xd3:
        return this.long(true);
      default:
        return this.#sized(head, depth);
    }
  }

  /** The heads that carry a length. */
  #sized(head: number, depth: number): unknown {
    switch (head) {
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.string(this.length(head - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.length(head - 0xdb), depth);
      case 0xde:
      case 0xdf:
        return this.#plain(this.length(head - 0xdd), depth);
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#enrol(this.copy(this.length(head - 0xc4)), depth);
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#ext(this.length(head - 0xc7), depth);
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#ext(1 << (head - 0xd4), depth);
      default:
        throw this.bad(`0x${head.toString(16)} begins nothing`);
    }
  }

  /** Gives an object the next number. */
  #enrol<T>(object: T, depth: number): T {
    this.#reserve(depth);
    this.#objects.push(object);
    return object;
  }

  #reserve(depth: number): void {
    if (depth > VALUE_DEPTH_MAX) throw this.bad(`nested deeper than ${VALUE_DEPTH_MAX} levels`);
    if (this.#objects.length >= VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} objects`);
  }

  #array(length: number, depth: number): unknown {
    this.checkCount(length);
    if (length > 0 && this.#atTag()) return this.#tagged(length, depth);
    const array: unknown[] = this.#enrol([], depth);
    for (let i = 0; i < length; i++) array.push(this.#value(depth + 1));
    return array;
  }

  #atTag(): boolean {
    const at = this.pos;
    return this.bytes[at] === 0xd4 && at + 3 <= this.end && this.bytes[at + 1] === EXT.tag;
  }

  #plain(count: number, depth: number): unknown {
    this.checkCount(2 * count);
    if (count > VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} properties`);
    const object: Record<string, unknown> = this.#enrol({}, depth);
    for (let i = 0; i < count; i++) {
      const key = this.key() ?? this.#text('a key');
      const value = this.#value(depth + 1);
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      } else object[key] = value;
    }
    return object;
  }

  #text(what: string): string {
    const value = this.#value(VALUE_DEPTH_MAX + 1);
    if (typeof value !== 'string') throw this.bad(`${what} that is not text`);
    return value;
  }

  #ext(length: number, depth: number): unknown {
    const type = this.bytes[this.take(1)]!;
    if (length > this.end - this.pos) throw this.bad(`${length} bytes wanted, ${this.end - this.pos} left`);
    switch (type) {
      case EXT.undefined:
        if (length !== 1 || this.bytes[this.take(1)] !== 0) throw this.bad('an ill-formed undefined');
        return undefined;
      case EXT.bigint:
        if (length === 0) throw this.bad('an empty BigInt');
        return bigintAt(this.bytes, this.take(length), length);
      case EXT.date:
        if (length !== 8) throw this.bad('an ill-formed date');
        return this.#enrol(new Date(this.view.getFloat64(this.take(8))), depth);
      case EXT.reference:
        return this.#reference(length);
      case EXT.utf16:
        return this.utf16(length);
      case EXT.arrayBuffer:
        return this.#enrol(this.copy(length).buffer, depth);
      default:
        return this.#binaryView(type, length, depth);
    }
  }

  #reference(length: number): unknown {
    if (length !== 1 && length !== 2 && length !== 4) throw this.bad('an ill-formed reference');
    const number = this.length(length >> 1);
    const object = number < this.#objects.length ? this.#objects[number] : PENDING;
    if (object === PENDING) throw this.bad(`a reference to object ${number}, which is not there`);
    return object;
  }

  #binaryView(type: number, length: number, depth: number): unknown {
    const kind = VIEW_KINDS_BY_EXT.get(type);
    if (kind === undefined) throw this.bad(`extension type ${type} is not known`);
    if (kind.make === undefined) throw this.bad(`extension type ${type} has no class in this environment`);
    if (length % kind.elementBytes !== 0) throw this.bad('a typed array with a part of an element');
    return this.#enrol(new kind.make(this.copy(length).buffer), depth);
  }

  #tagged(length: number, depth: number): unknown {
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
    const length = items % 2 === 1 ? this.#value(VALUE_DEPTH_MAX + 1) : undefined;
    if (!isIntegerWithin(length, 0, ARRAY_LENGTH_MAX)) throw this.bad('an ill-formed sparse array');
    const array = this.#enrol(holes(length), depth);
    let least = 0;
    for (let i = 1; i < items; i += 2) {
      const index = this.#value(VALUE_DEPTH_MAX + 1);
      if (!isIntegerWithin(index, least, length - 1))
        throw this.bad('an index of a sparse array out of order');
      array[index] = this.#value(depth + 1);
      least = index + 1;
    }
    return array;
  }

  #map(items: number, depth: number): Map<unknown, unknown> {
    if (items % 2 !== 0) throw this.bad('a map with a key and no value');
    if (items > 2 * VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} entries`);
    const map = this.#enrol(new Map<unknown, unknown>(), depth);
    for (let i = 0; i < items; i += 2) {
      const key = this.#value(depth + 1);
      map.set(key, this.#value(depth + 1));
    }
    return map;
  }

  #set(items: number, depth: number): Set<unknown> {
    if (items > VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} items`);
    const set = this.#enrol(new Set<unknown>(), depth);
    for (let i = 0; i < items; i++) set.add(this.#value(depth + 1));
    return set;
  }

  #error(items: number, depth: number): Error {
    const error = items % 2 === 1 ? makeError(this.#text("an error's class")) : undefined;
    if (error === undefined) throw this.bad('an ill-formed error');
    this.#enrol(error, depth);
    for (let i = 1; i < items; i += 2) {
      const key = this.#text("an error's field");
      if (!setErrorField(error, key, this.#value(depth + 1)))
        throw this.bad('an ill-formed field of an error');
    }
    return error;
  }

  #regexp(items: number, depth: number): RegExp {
    this.#reserve(depth);
    if (items !== 2) throw this.bad('an ill-formed regular expression');
    const source = this.#text("a regular expression's source");
    const flags = this.#text("a regular expression's flags");
    this.#regexps ??= new RegExpBudget();
    if (!this.#regexps.take(source, flags)) throw this.bad('regular expressions that are too long');
    try {
      return this.#enrol(new RegExp(source, flags), depth);
    } catch (error) {
      throw this.bad('a regular expression that is none', error);
    }
  }

  #boxed(items: number, depth: number): object {
    this.#reserve(depth);
    const primitive = items === 1 ? this.#value(VALUE_DEPTH_MAX + 1) : undefined;
    switch (typeof primitive) {
      case 'number':
      case 'string':
      case 'boolean':
      case 'bigint':
        return this.#enrol(Object(primitive) as object, depth);
      default:
        throw this.bad('an ill-formed boxed primitive');
    }
  }

  #registered(items: number, depth: number): unknown {
    if (items !== 2) throw this.bad('an ill-formed instance');
    const number = this.#objects.length;
    this.#enrol(PENDING, depth);
    const name = this.#text("an instance's class");
    const serializer = serializerNamed(name);
    if (serializer === undefined) throw this.bad(`no serializer "${name.slice(0, 100)}" is registered here`);
    const wire = this.#value(depth + 1);
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

/** An array of `length` holes. A long one is made to keep its elements by key, so that it costs nothing. */
function holes(length: number): unknown[] {
  const array: unknown[] = [];
  if (length > 4096) {
    array[length - 1] = undefined;
    Reflect.deleteProperty(array, length - 1);
  } else array.length = length;
  return array;
}
