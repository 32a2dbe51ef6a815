/**
 * What libraries look at to find that they run in a Worker: `self instanceof WorkerGlobalScope`, `self.location` and
 * `navigator`. The same in every host, and none of it tells anything of the place where it runs.
 * @module
 */
import { PERMITTED_NAVIGATOR } from './permits.js';

const { defineProperty, freeze } = Object;
const { TypeError } = globalThis;

/** A name of RFC 6761 that never leads anywhere; a hierarchical one, so that addresses relative to it can be made. */
const ORIGIN = 'https://sandbox.invalid';
const HREF = `${ORIGIN}/`;

/** What a host without a `navigator`, or without one of its values, is said to have. */
const NAVIGATOR: Readonly<Record<string, unknown>> = {
  hardwareConcurrency: 1,
  language: 'en-US',
  platform: '',
  userAgent: '',
};

/** The fields of a Worker's `location`. */
export const LOCATION: Readonly<Record<string, string>> = {
  href: HREF,
  origin: ORIGIN,
  protocol: 'https:',
  host: 'sandbox.invalid',
  hostname: 'sandbox.invalid',
  port: '',
  pathname: '/',
  search: '',
  hash: '',
};

/** Puts them on `scope`, in the place of the platform's own; `navigator` is the platform's, of which a little is copied. */
export function defineWorkerScope(scope: object, navigator: unknown): void {
  const given = {
    WorkerGlobalScope: scopeClass(scope),
    location: inertLocation(),
    navigator: inertNavigator(navigator),
  };
  for (const [name, value] of Object.entries(given))
    defineProperty(scope, name, { value, configurable: true, writable: true, enumerable: false });
}

/** A class whose one instance is `scope`. Its prototype is an empty object: the platform's would lead to its methods. */
function scopeClass(scope: object): unknown {
  const found = class {
    constructor() {
      throw new TypeError('Illegal constructor');
    }

    static [Symbol.hasInstance](value: unknown): boolean {
      return value === scope;
    }
  };
  // The name of the text would be another in a script that was made smaller.
  return defineProperty(found, 'name', { value: 'WorkerGlobalScope', configurable: true });
}

function inertLocation(): unknown {
  const location = { ...LOCATION };
  defineProperty(location, 'toString', { value: () => HREF });
  defineProperty(location, Symbol.toStringTag, { value: 'WorkerLocation' });
  return freeze(location);
}

function inertNavigator(navigator: unknown): unknown {
  const copy: Record<string, unknown> = {};
  for (const key of PERMITTED_NAVIGATOR)
    copy[key] = (navigator as Record<string, unknown> | null | undefined)?.[key] ?? NAVIGATOR[key];
  return freeze(copy);
}
