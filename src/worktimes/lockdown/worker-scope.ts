/**
 * What libraries check to detect a Worker: `self instanceof WorkerGlobalScope`, `self.location` and `navigator`. It is
 * the same in every host and reveals nothing about the host.
 * @module
 */
import { PERMITTED_NAVIGATOR } from './permits.js';

const { defineProperty, freeze } = Object;
const { TypeError } = globalThis;

/** A reserved name (RFC 6761) that never resolves; hierarchical, so that relative URLs can be resolved against it. */
const ORIGIN = 'https://sandbox.invalid';
const HREF = `${ORIGIN}/`;

/** Defaults for a host without a `navigator`, or without one of its values. */
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

/** The names that `defineWorkerScope` defines. */
export const WORKER_SCOPE_GLOBALS = ['WorkerGlobalScope', 'location', 'navigator'] as const;

/** Defines them on `scope` in place of the platform's own. `navigator`: the platform's, from which values are copied. */
export function defineWorkerScope(scope: object, navigator: unknown): void {
  const values: Record<(typeof WORKER_SCOPE_GLOBALS)[number], unknown> = {
    WorkerGlobalScope: scopeClass(scope),
    location: inertLocation(),
    navigator: inertNavigator(navigator),
  };
  for (const [name, value] of Object.entries(values))
    defineProperty(scope, name, { value, configurable: true, writable: true, enumerable: false });
}

/** A class whose only instance is `scope`. Its prototype is empty: the platform's prototype would expose its methods. */
function scopeClass(scope: object): unknown {
  const found = class {
    constructor() {
      throw new TypeError('Illegal constructor');
    }

    static [Symbol.hasInstance](value: unknown): boolean {
      return value === scope;
    }
  };
  // A minified script would give the class another name.
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
