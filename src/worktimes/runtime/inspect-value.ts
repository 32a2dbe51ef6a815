/**
 * Formats values as text for the console of a work function: bounded in depth, width and length, and without running
 * getters.
 * @module
 */
const DEPTH_MAX = 4;
const ITEMS_MAX = 100;
const STRING_LENGTH_MAX = 8_192;
/** The maximum length of a message, in UTF-16 units. */
const TEXT_LENGTH_MAX = 16_384;

/** Formats the arguments of a console call, with the directives `%s %d %i %f %j %o %O %c %%`. Never throws. */
export function formatArguments(args: readonly unknown[]): string {
  let index = 0;
  let text = '';
  const first = args[0];
  if (typeof first === 'string') {
    index = 1;
    text =
      first.length < 2 || args.length === 1
        ? first
        : first.replace(/%([sdifjoOc%])/g, (whole, kind: string) => {
            if (kind === '%') return '%';
            if (index >= args.length) return whole;
            return formatDirective(kind, args[index++]);
          });
  }
  for (; index < args.length && text.length < TEXT_LENGTH_MAX; index++) {
    const value = args[index];
    text += (index === 0 ? '' : ' ') + (typeof value === 'string' ? value : inspectValue(value));
  }
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX - 1)}…`;
}

/** Formats one value. Never throws. */
export function inspectValue(value: unknown): string {
  try {
    return new Inspection().show(value, 0);
  } catch {
    return '[cannot be shown]';
  }
}

function formatDirective(kind: string, value: unknown): string {
  try {
    if (kind === 'c') return '';
    if (kind === 's') return typeof value === 'string' ? value : inspectValue(value);
    if (kind === 'd') return typeof value === 'bigint' ? `${value}n` : String(Number(value));
    if (kind === 'i') return String(Math.trunc(Number(value)));
    if (kind === 'f') return String(parseFloat(String(value)));
    return inspectValue(value);
  } catch {
    return 'NaN';
  }
}

class Inspection {
  readonly #path: object[] = [];
  /** UTF-16 units that may still be written: it bounds the output for wide and deep values. */
  #left = TEXT_LENGTH_MAX;

  show(value: unknown, depth: number): string {
    const text = this.#show(value, depth);
    this.#left -= text.length;
    return text;
  }

  #show(value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return quote(value);
      case 'bigint':
        return clipString(`${value}n`);
      case 'symbol':
        return clipString(String(value));
      case 'function':
        return `[Function ${ownText(value, 'name') ?? '(anonymous)'}]`;
      case 'object':
        return value === null ? 'null' : this.#object(value, depth);
      default:
        return Object.is(value, -0) ? '-0' : String(value);
    }
  }

  #object(value: object, depth: number): string {
    if (this.#path.includes(value)) return '[Circular]';
    if (value instanceof Error) return errorText(value);
    if (value instanceof Date) return dateText(value);
    if (value instanceof RegExp) return clipString(RegExp.prototype.toString.call(value));
    const name = className(value);
    if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
    if (depth >= DEPTH_MAX || this.#left <= 0)
      return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`;
    this.#path.push(value);
    try {
      return this.#container(value, name, depth + 1);
    } finally {
      this.#path.pop();
    }
  }

  #container(value: object, name: string, depth: number): string {
    if (Array.isArray(value)) return list('[', this.#indexed(value, depth), ']', value.length);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      const items = value as Uint8Array;
      return `${name}(${items.length}) ${list('[', this.#indexed(items, depth), ']', items.length)}`;
    }
    if (value instanceof Map) {
      const shown = take(value.entries()).map(([k, v]) => `${this.show(k, depth)} => ${this.show(v, depth)}`);
      return `Map(${value.size}) ${list('{', shown, '}', value.size)}`;
    }
    if (value instanceof Set) {
      return `Set(${value.size}) ${list(
        '{',
        take(value.values()).map((v) => this.show(v, depth)),
        '}',
        value.size,
      )}`;
    }
    const keys = Object.keys(value);
    const prefix = name === '' || name === 'Object' ? '' : `${name} `;
    return (
      prefix +
      list(
        '{',
        take(keys.values()).map((key) => this.#property(value, key, depth)),
        '}',
        keys.length,
      )
    );
  }

  #indexed(items: ArrayLike<unknown>, depth: number): string[] {
    const shown: string[] = [];
    for (let i = 0; i < items.length && i < ITEMS_MAX && this.#left > 0; i++) {
      shown.push(i in (items as object) ? this.#property(items, String(i), depth, true) : '<empty>');
    }
    return shown;
  }

  #property(holder: object, key: string, depth: number, bare = false): string {
    const found = Object.getOwnPropertyDescriptor(holder, key);
    const value =
      found === undefined ? 'undefined' : found.get || found.set ? '[Getter]' : this.show(found.value, depth);
    if (bare) return value;
    return `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key)}: ${value}`;
  }
}

function take<T>(items: Iterable<T>): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= ITEMS_MAX) break;
    taken.push(item);
  }
  return taken;
}

function list(open: string, shown: string[], close: string, count: number): string {
  if (count === 0) return open + close;
  const more = count > shown.length ? [`… ${count - shown.length} more`] : [];
  return `${open} ${[...shown, ...more].join(', ')} ${close}`;
}

function errorText(error: Error): string {
  const stack: unknown = error.stack;
  return clipString(typeof stack === 'string' && stack !== '' ? stack : `${error.name}: ${error.message}`);
}

function dateText(date: Date): string {
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? 'Invalid Date' : Date.prototype.toISOString.call(date);
}

function className(value: object): string {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return '[null prototype]';
  const constructor = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
  return typeof constructor === 'function' ? (ownText(constructor, 'name') ?? '') : '';
}

function ownText(holder: object, key: string): string | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value;
  return typeof value === 'string' && value !== '' ? value.slice(0, 256) : undefined;
}

function quote(value: string): string {
  return `'${clipString(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

function clipString(value: string): string {
  return value.length <= STRING_LENGTH_MAX ? value : `${value.slice(0, STRING_LENGTH_MAX - 1)}…`;
}
