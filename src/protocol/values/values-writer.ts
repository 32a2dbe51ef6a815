/**
 * Encodes values in one pass, with structured-clone semantics. Values that would not be decoded to an equal value are refused.
 * The format is in docs/values.md.
 * @module
 */
import { ARRAY_LENGTH_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX, VALUE_OBJECTS_MAX } from '../limits.js';
import { brandOf, describe, isOutOfBounds, isShared, viewBytes, viewName } from './values-brand.js';
import { bigintBytes } from './values-bigint.js';
import { EXT, TAG, VIEW_KINDS } from './values-format.js';
import { errorFields } from './values-error.js';
import { hasHole, presentIndices } from './values-holes.js';
import { foreignRefusal, keyStep, ValueRefusal, refusalAt } from './values-refusal.js';
import { RegExpBudget } from './values-regexp.js';
import { serializerOf, type AnySerializer } from './values-registry.js';
import { SeenObjects } from './values-seen.js';
import { ByteSink, tooManyBytes } from './values-sink.js';

export class ValueWriter extends ByteSink {
  readonly #seen = new SeenObjects();
  /** Numbers of registered instances whose serialized value is being written. */
  #unfinished: number[] = [];
  #regexps: RegExpBudget | undefined;

  /**
   * Appends one value; where it throws, nothing is appended.
   * @throws VALUE_NOT_CLONEABLE, VALUE_TOO_LARGE
   */
  append(value: unknown): void {
    const start = this.pos;
    this.ceiling = start + VALUE_BYTES_MAX;
    try {
      this.#value(value, 1);
      if (this.pos > this.ceiling) throw tooManyBytes();
    } catch (error) {
      this.pos = start;
      throw foreignRefusal(error).toError();
    } finally {
      this.ceiling = Infinity;
      if (this.#seen.count > 0) this.#forget();
    }
  }

  #forget(): void {
    this.#seen.forget();
    this.#unfinished = [];
    this.#regexps = undefined;
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'number':
        return this.number(value);
      case 'string':
        return this.string(value);
      case 'boolean':
        return this.byte(value ? 0xc3 : 0xc2);
      case 'object':
        return value === null ? this.byte(0xc0) : this.#object(value, depth);
      case 'undefined':
        this.extHeader(EXT.undefined, 1);
        this.bytes[this.pos++] = 0;
        return;
      case 'bigint':
        return this.#bigint(value);
      case 'function':
        throw refuse(
          'function',
          'a function cannot be sent as data; write it inside the work function, or send its text',
        );
      default:
        throw refuse(typeof value, `a ${typeof value} cannot be sent`);
    }
  }

  #bigint(value: bigint): void {
    const bytes = bigintBytes(value);
    this.extHeader(EXT.bigint, bytes.length);
    this.raw(bytes);
  }

  #object(object: object, depth: number): void {
    if (depth > VALUE_DEPTH_MAX) {
      throw new ValueRefusal('too-large', 'depth', `nested deeper than ${VALUE_DEPTH_MAX} levels`);
    }
    if (this.#writeReference(object)) return;
    if (Array.isArray(object)) return this.#array(object, depth);
    const prototype = Object.getPrototypeOf(object) as object | null;
    if (prototype === Object.prototype || prototype === null) return this.#plain(object, depth);
    const serializer = serializerOf(prototype);
    if (serializer !== undefined) return this.#registered(object, serializer, depth);
    this.#special(object, depth);
  }

  /** Writes a reference where the object was written before; otherwise gives it the next number and returns false. */
  #writeReference(object: object): boolean {
    const known = this.#seen.numberOf(object);
    if (known >= 0) {
      if (this.#unfinished.includes(known)) {
        throw refuse('cycle', 'what `serialize` of a registered class gave contains the instance itself');
      }
      this.#reference(known);
      return true;
    }
    if (this.#seen.count > VALUE_OBJECTS_MAX) {
      throw new ValueRefusal('too-large', 'objects', `more than ${VALUE_OBJECTS_MAX} objects in one value`);
    }
    return false;
  }

  #reference(number: number): void {
    const width = number < 0x100 ? 1 : number < 0x10000 ? 2 : 4;
    this.extHeader(EXT.reference, width);
    for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) this.bytes[this.pos++] = number >> shift;
  }

  #array(array: readonly unknown[], depth: number): void {
    if (array.length > ARRAY_LENGTH_MAX) {
      throw new ValueRefusal(
        'too-large',
        'length',
        `an array longer than ${ARRAY_LENGTH_MAX}; describe a range instead`,
      );
    }
    if (hasHole(array)) return this.#sparse(array, depth);
    const { length } = array;
    this.arrayHeader(length);
    let i = 0;
    try {
      for (; i < length; i++) this.#value(array[i], depth + 1);
    } catch (error) {
      throw refusalAt(error, `[${i}]`);
    }
  }

  #sparse(array: readonly unknown[], depth: number): void {
    const { length } = array;
    const present = presentIndices(array);
    this.#tagged(TAG.sparse, 1 + 2 * present.length);
    this.number(length);
    for (const index of present) {
      try {
        this.number(index);
        this.#value(array[index], depth + 1);
      } catch (error) {
        throw refusalAt(error, `[${index}]`);
      }
    }
  }

  #plain(object: object, depth: number): void {
    const keys = Object.keys(object);
    checkEntries(keys.length);
    this.mapHeader(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      this.string(key);
      try {
        this.#value((object as Record<string, unknown>)[key], depth + 1);
      } catch (error) {
        throw refusalAt(error, keyStep(key));
      }
    }
  }

  /** A MessagePack array whose first item is a tag; `items` follow. */
  #tagged(tag: number, items: number): void {
    this.arrayHeader(1 + items);
    this.extHeader(EXT.tag, 1);
    this.bytes[this.pos++] = tag;
  }

  #registered(instance: object, serializer: AnySerializer, depth: number): void {
    const number = this.#seen.count - 1;
    this.#tagged(TAG.registered, 2);
    this.string(serializer.name);
    this.#unfinished.push(number);
    try {
      this.#value(serializer.serialize(instance), depth + 1);
    } catch (error) {
      throw refusalAt(error, `<${serializer.name}>`);
    }
    this.#unfinished.pop();
  }

  #special(object: object, depth: number): void {
    switch (brandOf(object)) {
      case 'view':
        return this.#view(object as ArrayBufferView);
      case 'Object':
        return this.#plain(object, depth);
      case 'Map':
        return this.#entries(TAG.map, object as ReadonlyMap<unknown, unknown>, depth);
      case 'Set':
        return this.#items(object as ReadonlySet<unknown>, depth);
      case 'Date':
        this.extHeader(EXT.date, 8);
        this.float64At(this.pos, Date.prototype.getTime.call(object));
        this.pos += 8;
        return;
      case 'Error':
        return this.#error(object, depth);
      case 'RegExp':
        return this.#regexp(object as RegExp);
      case 'ArrayBuffer': {
        const bytes = new Uint8Array(object as ArrayBuffer);
        this.extHeader(EXT.arrayBuffer, bytes.length);
        return this.raw(bytes);
      }
      case 'Number':
        this.#tagged(TAG.boxed, 1);
        return this.number(Number.prototype.valueOf.call(object));
      case 'String':
        this.#tagged(TAG.boxed, 1);
        return this.string(String.prototype.valueOf.call(object));
      case 'Boolean':
        this.#tagged(TAG.boxed, 1);
        return this.byte(Boolean.prototype.valueOf.call(object) ? 0xc3 : 0xc2);
      case 'BigInt':
        this.#tagged(TAG.boxed, 1);
        return this.#bigint(BigInt.prototype.valueOf.call(object));
      case undefined:
        throw refuseInstance(object);
    }
  }

  #view(view: ArrayBufferView): void {
    const name = viewName(view);
    if (isShared(view.buffer)) {
      throw refuse(
        'SharedArrayBuffer',
        `a ${name} over shared memory cannot be sent; send a copy (\`slice()\`)`,
      );
    }
    if (isOutOfBounds(view)) {
      throw refuse(name, `a ${name} whose buffer is detached or was made too short for it cannot be sent`);
    }
    const bytes = viewBytes(view);
    if (name === 'Uint8Array') return this.binary(bytes);
    const kind = VIEW_KINDS.get(name);
    if (kind === undefined) throw refuse(name, `a ${name} cannot be sent`);
    this.extHeader(kind.ext, bytes.length);
    this.raw(bytes);
  }

  #regexp({ source, flags }: RegExp): void {
    this.#regexps ??= new RegExpBudget();
    if (!this.#regexps.take(source, flags)) {
      throw new ValueRefusal(
        'too-large',
        'regexp',
        'regular expressions that are too long; send their sources as text',
      );
    }
    this.#tagged(TAG.regexp, 2);
    this.string(source);
    this.string(flags);
  }

  #entries(tag: number, map: ReadonlyMap<unknown, unknown>, depth: number): void {
    const entries = [...Map.prototype.entries.call(map)] as [unknown, unknown][];
    checkEntries(entries.length);
    this.#tagged(tag, 2 * entries.length);
    for (let i = 0; i < entries.length; i++) {
      this.#item(entries[i]![0], depth, `<key ${i}>`);
      this.#item(entries[i]![1], depth, `<value ${i}>`);
    }
  }

  #items(set: ReadonlySet<unknown>, depth: number): void {
    const items = [...Set.prototype.values.call(set)] as unknown[];
    checkEntries(items.length);
    this.#tagged(TAG.set, items.length);
    for (let i = 0; i < items.length; i++) this.#item(items[i], depth, `<item ${i}>`);
  }

  #error(error: object, depth: number): void {
    const { className, fields } = errorFields(error);
    this.#tagged(TAG.error, 1 + 2 * fields.length);
    this.string(className);
    for (const [key, value] of fields) {
      this.string(key);
      this.#item(value, depth, keyStep(key));
    }
  }

  #item(value: unknown, depth: number, step: string): void {
    try {
      this.#value(value, depth + 1);
    } catch (error) {
      throw refusalAt(error, step);
    }
  }
}

function refuse(type: string, message: string): ValueRefusal {
  return new ValueRefusal('not-cloneable', type, message);
}

const BLOB_ADVICE = 'send its bytes: new Uint8Array(await blob.arrayBuffer())';
/** How to send the content of an instance, by class. */
const INSTANCE_ADVICE: ReadonlyMap<string, string> = new Map([
  ['Blob', BLOB_ADVICE],
  ['File', BLOB_ADVICE],
  ['URL', 'send its text: url.href'],
  ['URLSearchParams', 'send its text: String(params)'],
  ['Headers', 'send its entries: [...headers]'],
  ['Response', 'send what it holds: await response.json(), or new Uint8Array(await response.arrayBuffer())'],
  ['Request', 'send its address and its text: request.url, await request.text()'],
  ['FormData', 'send its entries: [...form]'],
  ['SharedArrayBuffer', 'send a copy: new Uint8Array(shared).slice()'],
  ['Location', 'send its text: location.href'],
  ['WorkerLocation', 'send its text: location.href'],
]);

function refuseInstance(object: object): ValueRefusal {
  const type = describe(object);
  if (type === 'Promise') return refuse(type, 'a promise cannot be sent; await it first');
  if (type === 'Object') {
    const text =
      'an object whose prototype is an object of its own (Object.create) cannot be sent; copy it: { ...object }';
    return refuse(type, text);
  }
  const advice =
    INSTANCE_ADVICE.get(type) ?? 'copy its fields: { ...instance }, and make the instance again from them';
  return refuse(type, `an instance of ${type} cannot be sent; ${advice}`);
}

function checkEntries(count: number): void {
  if (count > VALUE_OBJECTS_MAX) {
    throw new ValueRefusal(
      'too-large',
      'entries',
      `more than ${VALUE_OBJECTS_MAX} entries in one object, map or set`,
    );
  }
}
