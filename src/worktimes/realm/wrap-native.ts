/**
 * Replaces a native function of the realm by a proxy that job code cannot distinguish from it: its name, length, source
 * text, static properties and errors are the native ones.
 * @module
 */
import { defineProperty, getOwnPropertyDescriptor, type AnyMethod } from './captured.js';

export type AnyConstructor = (new (...args: unknown[]) => unknown) & { prototype: unknown };

const { Proxy } = globalThis;

/** Replaces the constructor `holder[name]`, also as `prototype.constructor`. `make` is called for each `new`. */
export function wrapConstructor(
  holder: object,
  name: string,
  make: (Native: AnyConstructor, args: unknown[], newTarget: AnyConstructor) => object,
): void {
  const descriptor = getOwnPropertyDescriptor(holder, name);
  const Native = descriptor?.value as AnyConstructor | undefined;
  if (Native === undefined) return;
  const value = new Proxy(
    Native,
    handler({
      construct: (target: AnyConstructor, args: unknown[], newTarget: AnyConstructor) =>
        make(target, args, newTarget),
    }),
  );
  defineProperty(holder, name, { ...descriptor, value });
  const prototype = Native.prototype as object;
  defineProperty(prototype, 'constructor', { ...getOwnPropertyDescriptor(prototype, 'constructor'), value });
}

/** Replaces the function `holder[name]`, if there is one. */
export function wrapFunction(
  holder: object,
  name: string,
  call: (native: AnyMethod, self: unknown, args: unknown[]) => unknown,
): void {
  const descriptor = getOwnPropertyDescriptor(holder, name);
  const native = descriptor?.value as AnyMethod | undefined;
  if (native === undefined) return;
  const apply = (target: AnyMethod, self: unknown, args: unknown[]): unknown => call(target, self, args);
  defineProperty(holder, name, { ...descriptor, value: new Proxy(native, handler({ apply })) });
}

/** Without a prototype: a job could put further traps on `Object.prototype`. */
function handler<T extends object>(traps: T): T {
  return { __proto__: null, ...traps };
}
