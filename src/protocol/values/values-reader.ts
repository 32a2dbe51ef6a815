/**
 * Decodes values from untrusted bytes: every length is checked against the remaining bytes, nesting and number of objects are
 * limited, nothing is executed but the `deserialize` of registered classes.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { VALUE_OBJECTS_MAX } from '../limits.js';
import { bigintAt } from './values-bigint.js';
import { EXT, VIEW_KINDS_BY_EXT } from './values-format.js';
import { TaggedReader } from './values-tagged.js';

export class ValueReader extends TaggedReader {
  /** The value whose encoding is exactly the bytes from `from` to `to`. @throws VALUE_MALFORMED, UNSUPPORTED_ENVIRONMENT */
  read(from: number, to: number): unknown {
    this.pos = from;
    this.end = to;
    try {
      const value = this.value(1);
      if (this.pos !== to) throw this.bad(`${to - this.pos} bytes are left over`);
      return value;
    } catch (error) {
      // Errors of the engine itself (a stack overflow, a map past its largest size) count as malformed too.
      if (isError(error, 'VALUE_MALFORMED') || isError(error, 'UNSUPPORTED_ENVIRONMENT')) throw error;
      throw this.bad('it could not be built', error);
    } finally {
      this.forget();
    }
  }

  protected override value(depth: number): unknown {
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

  /** Heads that are followed by a length. */
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
        return this.register(this.copy(this.length(head - 0xc4)), depth);
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

  #array(length: number, depth: number): unknown {
    this.checkCount(length);
    if (length > 0 && this.#atTag()) return this.tagged(length, depth);
    const array: unknown[] = this.register([], depth);
    for (let i = 0; i < length; i++) array.push(this.value(depth + 1));
    return array;
  }

  #atTag(): boolean {
    const at = this.pos;
    return this.bytes[at] === 0xd4 && at + 3 <= this.end && this.bytes[at + 1] === EXT.tag;
  }

  #plain(count: number, depth: number): unknown {
    this.checkCount(2 * count);
    if (count > VALUE_OBJECTS_MAX) throw this.bad(`more than ${VALUE_OBJECTS_MAX} properties`);
    const object: Record<string, unknown> = this.register({}, depth);
    for (let i = 0; i < count; i++) {
      const key = this.key() ?? this.text('a key');
      const value = this.value(depth + 1);
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      } else object[key] = value;
    }
    return object;
  }

  #ext(length: number, depth: number): unknown {
    const type = this.bytes[this.take(1)]!;
    if (length > this.end - this.pos) throw this.bad(`${length} bytes expected, ${this.end - this.pos} left`);
    switch (type) {
      case EXT.undefined:
        if (length !== 1 || this.bytes[this.take(1)] !== 0) throw this.bad('an ill-formed undefined');
        return undefined;
      case EXT.bigint:
        if (length === 0) throw this.bad('an empty BigInt');
        return bigintAt(this.bytes, this.take(length), length);
      case EXT.date:
        if (length !== 8) throw this.bad('an ill-formed date');
        return this.register(new Date(this.view.getFloat64(this.take(8))), depth);
      case EXT.reference:
        return this.reference(length);
      case EXT.utf16:
        return this.utf16(length);
      case EXT.arrayBuffer:
        return this.register(this.copy(length).buffer, depth);
      default:
        return this.#binaryView(type, length, depth);
    }
  }

  #binaryView(type: number, length: number, depth: number): unknown {
    const kind = VIEW_KINDS_BY_EXT.get(type);
    if (kind === undefined) throw this.bad(`extension type ${type} is not known`);
    if (kind.make === undefined) throw missingClass();
    if (length % kind.elementBytes !== 0) throw this.bad('a typed array with a part of an element');
    return this.register(new kind.make(this.copy(length).buffer), depth);
  }
}

/** Well-formed bytes of a class that this engine does not have; Float16Array is the only such class. */
function missingClass(): ManyhandsError {
  return new ManyhandsError(
    'UNSUPPORTED_ENVIRONMENT',
    'The value holds a Float16Array, which this JavaScript engine does not have. Use a newer one (Node 24, Deno, or a ' +
      'browser of 2025), or have a Float32Array sent: Float32Array.from(x)',
    { type: 'Float16Array' },
  );
}
