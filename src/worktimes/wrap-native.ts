/**
 * Stands a function of ours where a native one stood, so that job code finds nothing else: same prototype, same static
 * properties, same name and length.
 * @module
 */
export type AnyConstructor = (new (...args: unknown[]) => unknown) & { prototype: unknown };
export type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys, setPrototypeOf } = Reflect;
const { TypeError } = globalThis;

/** The getter of a property as it is now; one that gives undefined where there is none. */
export function getterOf(holder: object, key: string | symbol): AnyMethod {
  return getOwnPropertyDescriptor(holder, key)?.get ?? (() => undefined);
}

/** A method as it is now, to be called by `Reflect.apply`. */
export function methodOf(holder: object, key: string): AnyMethod {
  return (holder as Record<string, AnyMethod>)[key]!;
}

/**
 * Replaces a constructor in `holder`; nothing of the native one stays in reach. `make` is called for `new`, and for a
 * call without it where that is allowed.
 */
export function wrapConstructor(
  holder: object,
  name: string,
  Native: AnyConstructor,
  make: (args: unknown[], newTarget: AnyConstructor) => object,
  { callable = false } = {},
): void {
  const Wrapper = function (...args: unknown[]): object {
    if (new.target === undefined) {
      if (!callable) throw new TypeError(`Constructor ${name} requires 'new'`);
      return make(args, Native);
    }
    // A getter of job code may stand here: it is not to run in the midst of what is being counted.
    const prototype = (new.target as unknown) === Wrapper ? undefined : (new.target.prototype as unknown);
    const made = make(args, Native);
    if (typeof prototype === 'object' && prototype !== null) setPrototypeOf(made, prototype);
    return made;
  };
  defineProperty(Wrapper, 'name', { value: name, configurable: true });
  setPrototypeOf(Wrapper, getPrototypeOf(Native));
  for (const key of ownKeys(Native))
    defineProperty(Wrapper, key, { ...getOwnPropertyDescriptor(Native, key)! });
  defineProperty(Native.prototype as object, 'constructor', {
    value: Wrapper,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  defineProperty(holder, name, { ...getOwnPropertyDescriptor(holder, name), value: Wrapper });
}

/** Who has the property: `holder`, or one of its prototypes, as with a browser's global functions. */
function ownerOf(holder: object | undefined, name: string): object | undefined {
  let owner: object | null | undefined = holder;
  while (owner && getOwnPropertyDescriptor(owner, name) === undefined) owner = getPrototypeOf(owner);
  return owner ?? undefined;
}

/** Replaces a method where it is, `holder` or a prototype of it; a missing `holder` has none. */
export function wrapMethod(
  holder: object | undefined,
  name: string,
  call: (native: AnyMethod, self: unknown, args: unknown[]) => unknown,
): void {
  const owner = ownerOf(holder, name);
  const descriptor = owner === undefined ? undefined : getOwnPropertyDescriptor(owner, name);
  const native = descriptor?.value as AnyMethod | undefined;
  if (owner === undefined || typeof native !== 'function') return;
  // A method of an object literal cannot be constructed, like the native ones.
  const holderOfOurs = {
    method(this: unknown, ...args: unknown[]): unknown {
      return call(native, this, args);
    },
  };
  const method = methodOf(holderOfOurs, 'method');
  defineProperty(method, 'name', { value: name, configurable: true });
  defineProperty(method, 'length', { value: native.length, configurable: true });
  defineProperty(owner, name, { ...descriptor, value: method });
}

/** Replaces the setter of an accessor, where there is one. */
export function wrapSetter(
  holder: object | undefined,
  name: string,
  before: (self: unknown, value: unknown) => unknown,
): void {
  const descriptor = holder === undefined ? undefined : getOwnPropertyDescriptor(holder, name);
  const native = descriptor?.set as AnyMethod | undefined;
  if (holder === undefined || native === undefined) return;
  const set = function (this: unknown, value: unknown): void {
    apply(native, this, [before(this, value)]);
  };
  defineProperty(holder, name, { ...descriptor, set });
}
