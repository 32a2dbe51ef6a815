/**
 * Removes every global that is not permitted, from the global object and its prototypes. The list is data
 * (`permits.ts`). The harness must have captured the globals that it needs before.
 * @module
 */
import { SANDBOX_WASM_MEMORY_BYTES_MAX } from '../../protocol/limits.js';
import { polyfillCrypto } from './polyfill-crypto.js';
import { limitMembers } from './limit-members.js';
import { FORBIDDEN_PROPERTIES, PERMITTED_GLOBALS, PERMITTED_INHERITED } from './permits.js';
import { replaceBlobs } from '../realm/realm-blob.js';
import { limitWebAssembly } from '../quota/wasm-limits.js';
import { defineWorkerScope } from './worker-scope.js';

/**
 * Limits WebAssembly memories, replaces `Blob` and `File`, and removes what is not permitted. Returns the names that could
 * not be removed, normally none. Call it once for a realm, before any code of a job or a runtime runs.
 */
export function lockDownRealm(scope: object): string[] {
  // Any other object (in tests) shares its constructors with this realm: they must stay as they are.
  if (scope === globalThis) {
    const names = scope as Record<string, unknown>;
    polyfillCrypto(names);
    replaceBlobs(names);
    limitMembers(names);
    limitWebAssembly(names, SANDBOX_WASM_MEMORY_BYTES_MAX);
    removeProperties(names);
  }
  const { navigator } = scope as { navigator?: unknown };
  const remaining: string[] = [];
  for (const holder of holders(scope)) {
    // A browser keeps timers, `performance` and more on the prototype of a Worker's global scope.
    const isPermitted = (key: string): boolean =>
      PERMITTED_GLOBALS.has(key) || (holder !== scope && PERMITTED_INHERITED.has(key));
    for (const key of Reflect.ownKeys(holder)) {
      if (typeof key === 'symbol' || isPermitted(key)) continue;
      if (!remove(holder, key)) remaining.push(key);
    }
  }
  defineWorkerScope(scope, navigator);
  // Node has no `self`; job code gets one in every host.
  Object.defineProperty(scope, 'self', { value: scope, configurable: true, writable: true });
  // Job code must not listen for events of the global object; other event targets keep their methods.
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
    // A host may keep one of them by making it non-configurable: Deno dispatches its errors by such a method.
    if (Object.getOwnPropertyDescriptor(scope, name)?.configurable === false) continue;
    Object.defineProperty(scope, name, { value: undefined, configurable: true, writable: true });
  }
  return remaining;
}

function removeProperties(names: Record<string, unknown>): void {
  for (const [path, key] of FORBIDDEN_PROPERTIES) {
    const [name, part] = path.split('.');
    const holder = names[name!] as Record<string, unknown> | undefined;
    remove((part === undefined ? holder : holder?.[part]) ?? {}, key);
  }
}

/** The global object and its prototypes, without those that everything shares. */
function holders(scope: object): object[] {
  const found: object[] = [];
  for (
    let holder: object | null = scope;
    holder !== null;
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    const isShared = holder === Object.prototype || holder === globalThis.EventTarget?.prototype;
    if (!isShared) found.push(holder);
  }
  return found;
}

function remove(holder: object, key: PropertyKey): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(holder, key);
  if (descriptor === undefined || Reflect.deleteProperty(holder, key)) return true;
  if (descriptor.writable !== true) return false;
  return Reflect.set(holder, key, undefined);
}
