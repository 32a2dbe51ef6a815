/**
 * Detects what kind of object a value is by its internal slots and not by its class, so that objects of another realm (a
 * frame, a vm context) are recognized and imitations are not. Every function may throw what the object's own code throws.
 * @module
 */
import { ERROR_CLASSES } from './values-format.js';

type Getter = (this: unknown) => unknown;

const getter = (prototype: object, key: string | symbol): Getter => {
  const property = Object.getOwnPropertyDescriptor(prototype, key) as { get: Getter };
  return property.get;
};

const typedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag);
const mapSize = getter(Map.prototype, 'size');
const setSize = getter(Set.prototype, 'size');
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');
const regexpSource = getter(RegExp.prototype, 'source');

/** Throws a `TypeError` where the slot is missing. */
const SLOT_PROBES: Readonly<Record<string, (value: unknown) => unknown>> = {
  Date: (value) => Date.prototype.getTime.call(value),
  Map: (value) => mapSize.call(value),
  Set: (value) => setSize.call(value),
  ArrayBuffer: (value) => bufferLength.call(value),
  RegExp: (value) => regexpSource.call(value),
  Number: (value) => Number.prototype.valueOf.call(value),
  String: (value) => String.prototype.valueOf.call(value),
  Boolean: (value) => Boolean.prototype.valueOf.call(value),
  BigInt: (value) => BigInt.prototype.valueOf.call(value),
};

export type Brand =
  | 'Date'
  | 'Map'
  | 'Set'
  | 'ArrayBuffer'
  | 'RegExp'
  | 'Number'
  | 'String'
  | 'Boolean'
  | 'BigInt'
  | 'Error'
  | 'Object'
  | 'view';

/** The kind of an object that can be encoded; undefined for all others (promises, weak maps, instances …). */
export function brandOf(object: object): Brand | undefined {
  if (ArrayBuffer.isView(object)) return 'view';
  const tag = tagOf(object);
  if (tag === 'Error' || object instanceof Error) return 'Error';
  if (isRootPrototype(Object.getPrototypeOf(object) as object | null)) return 'Object';
  if (!Object.hasOwn(SLOT_PROBES, tag)) return undefined;
  try {
    SLOT_PROBES[tag]!(object);
    return tag as Brand;
  } catch {
    return undefined;
  }
}

/** Whether it is the prototype of plain objects: `Object.prototype` of any realm, or null. */
function isRootPrototype(prototype: object | null): boolean {
  if (prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

function tagOf(object: object): string {
  return Object.prototype.toString.call(object).slice(8, -1);
}

/** The built-in class of a view, such as `Uint8Array` or `DataView`, also of instances of subclasses. */
export function viewName(view: ArrayBufferView): string {
  return (typedArrayName.call(view) as string | undefined) ?? 'DataView';
}

/** Throws a TypeError for a typed array whose buffer is detached, or was resized to be too short. */
const validate = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Int8Array.prototype), 'keys')!
  .value as (this: unknown) => unknown;

/** Whether the buffer of a view is detached, or was resized to be too short for it. */
export function isOutOfBounds(view: ArrayBufferView): boolean {
  try {
    if (view instanceof DataView) void view.byteLength;
    else if (view.byteLength === 0) validate.call(view);
    return false;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}

/** The bytes of a view, without the rest of its buffer. Throws where the buffer is detached. */
export function viewBytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function isShared(buffer: ArrayBufferLike): boolean {
  return tagOf(buffer) === 'SharedArrayBuffer';
}

/** The nearest class in the error's prototype chain that is in `ERROR_CLASSES`. */
export function errorClassOf(error: object): string {
  let prototype = Object.getPrototypeOf(error) as object | null;
  for (let hops = 0; prototype !== null && hops < 64; hops++) {
    if (Object.hasOwn(prototype, 'constructor')) {
      const name = (prototype.constructor as { name?: unknown } | undefined)?.name;
      if (typeof name === 'string' && ERROR_CLASSES.has(name)) return name;
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return 'Error';
}

/** The name of an object's class, for error messages. */
export function describe(object: object): string {
  const name = (object as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof name === 'string' && name !== '') return name;
  return tagOf(object);
}
