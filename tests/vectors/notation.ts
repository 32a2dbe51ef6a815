/**
 * The notation in which the golden vectors describe values, so that another implementation can read them too. JSON
 * stands for itself; what JSON cannot say is an object with a `$` (docs/values.md lists them).
 * @module
 */

/** A value as the vectors describe it. */
export type Description = null | boolean | number | string | Description[] | { [key: string]: Description };

type Tagged = Record<string, Description> & { $: string };

const VIEWS: Record<string, new (buffer: ArrayBuffer) => object> = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
};

const ERRORS: Record<string, () => Error> = {
  Error: () => new Error(),
  EvalError: () => new EvalError(),
  RangeError: () => new RangeError(),
  ReferenceError: () => new ReferenceError(),
  SyntaxError: () => new SyntaxError(),
  TypeError: () => new TypeError(),
  URIError: () => new URIError(),
  AggregateError: () => new AggregateError([]),
};

/** Builds the described value. */
export function build(description: Description): unknown {
  return new Builder().value(description);
}

class Builder {
  /** Objects in the order in which they begin, for `ref`. */
  readonly #objects: object[] = [];

  value(description: Description): unknown {
    if (typeof description !== 'object' || description === null) return description;
    if (Array.isArray(description)) return this.#fill(description);
    if (typeof description['$'] === 'string') return this.#tagged(description as Tagged);
    const object = this.#begin<Record<string, unknown>>({});
    for (const [key, each] of Object.entries(description)) object[key] = this.value(each);
    return object;
  }

  #begin<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #fill(items: Description[]): unknown[] {
    const array = this.#begin([] as unknown[]);
    for (const item of items) array.push(this.value(item));
    return array;
  }

  #tagged(it: Tagged): unknown {
    switch (it.$) {
      case 'undefined':
        return undefined;
      case 'number':
        return Number(it['value']);
      case 'bigint':
        return BigInt(it['value'] as string);
      case 'utf16':
        return String.fromCharCode(...(it['units'] as number[]));
      case 'repeat':
        return (it['text'] as string).repeat(it['times'] as number);
      case 'ref':
        return this.#objects[it['to'] as number];
      case 'date':
        return this.#begin(new Date((it['ms'] as number | null) ?? NaN));
      case 'regexp':
        return this.#begin(new RegExp(it['source'] as string, it['flags'] as string));
      case 'boxed':
        return this.#begin(Object(this.value(it['value']!)) as object);
      case 'bytes':
        return this.#begin(bytesOf(it['type'] as string, it['hex'] as string));
      default:
        return this.#container(it);
    }
  }

  #container(it: Tagged): unknown {
    switch (it.$) {
      case 'object': {
        const object = this.#begin({});
        for (const [key, value] of it['entries'] as [Description, Description][]) {
          const name = this.value(key) as string;
          const property = { value: this.value(value), writable: true, enumerable: true, configurable: true };
          Object.defineProperty(object, name, property);
        }
        return object;
      }
      case 'sparse': {
        const array = this.#begin([] as unknown[]);
        array.length = it['length'] as number;
        for (const [index, value] of it['items'] as [number, Description][]) array[index] = this.value(value);
        return array;
      }
      case 'map': {
        const map = this.#begin(new Map());
        for (const [key, value] of it['entries'] as [Description, Description][]) {
          const built = this.value(key);
          map.set(built, this.value(value));
        }
        return map;
      }
      case 'set': {
        const set = this.#begin(new Set());
        for (const item of it['items'] as Description[]) set.add(this.value(item));
        return set;
      }
      case 'error':
        return this.#error(it);
      default:
        throw new Error(`the notation has no "${it.$}"`);
    }
  }

  #error(it: Tagged): Error {
    const error = this.#begin(ERRORS[it['class'] as string]!());
    Reflect.deleteProperty(error, 'stack');
    Reflect.deleteProperty(error, 'message');
    for (const [key, value] of it['fields'] as [string, Description][]) {
      const enumerable = key === 'code' || key === 'info';
      Object.defineProperty(error, key, {
        value: this.value(value),
        writable: true,
        enumerable,
        configurable: true,
      });
    }
    return error;
  }
}

/** An ArrayBuffer or a view of one, of bytes in hexadecimal. */
function bytesOf(type: string, hex: string): object {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  return type === 'ArrayBuffer' ? bytes.buffer : new VIEWS[type]!(bytes.buffer);
}
