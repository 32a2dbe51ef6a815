/**
 * That job code finds the same globals in every kind of sandbox: what the Node of the tests has is what is looked for,
 * and each difference is named here, as docs/worktimes.md names it.
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  FORBIDDEN_PROPERTIES,
  PERMITTED_GLOBALS,
  PERMITTED_INHERITED,
  PERMITTED_MEMBERS,
  UNREMOVABLE_GLOBALS,
} from '../../src/worktimes/lockdown/permits.js';
import { SANDBOX_GLOBALS } from '../../src/worktimes/lockdown/sandbox-globals.js';
import { NO_MODULES } from '../../src/worktimes/map-basic/advice.js';
import type { StartSandbox } from './worktime-fixture.js';

/** Parts of the language that engines of this year and last have, and Node 20 has not: there or not. */
const NEWER = `
AsyncDisposableStack DisposableStack SuppressedError Float16Array Iterator Temporal
Array.fromAsync ArrayBuffer.prototype.transfer ArrayBuffer.prototype.transferToFixedLength ArrayBuffer.prototype.detached
Atomics.pause Atomics.waitAsync DataView.prototype.getFloat16 DataView.prototype.setFloat16 Date.prototype.toTemporalInstant
Error.isError Intl.DurationFormat Intl.v8BreakIterator JSON.rawJSON JSON.isRawJSON Map.groupBy Map.prototype.getOrInsert
Map.prototype.getOrInsertComputed Math.f16round Math.sumPrecise Object.groupBy Promise.withResolvers Promise.try RegExp.escape
Set.prototype.difference Set.prototype.intersection Set.prototype.isSubsetOf Set.prototype.isSupersetOf
Set.prototype.isDisjointFrom Set.prototype.symmetricDifference Set.prototype.union Symbol.metadata Symbol.dispose Symbol.asyncDispose
Uint8Array.fromBase64 Uint8Array.fromHex Uint8Array.prototype.toBase64 Uint8Array.prototype.setFromBase64
Uint8Array.prototype.toHex Uint8Array.prototype.setFromHex WeakMap.prototype.getOrInsert WeakMap.prototype.getOrInsertComputed
WebAssembly.JSTag WebAssembly.Suspending WebAssembly.promising WebAssembly.SuspendError`;

/** What a platform has, or has not, of its own. */
const OF_PLATFORMS = `
SharedArrayBuffer DOMMatrix DOMMatrixReadOnly DOMPoint DOMPointReadOnly DOMQuad DOMRect DOMRectReadOnly
Error.prepareStackTrace ReadableStream.from
Event.prototype.isTrusted Event.prototype.initialized Event.prototype.initEvent Event.prototype.NONE
Event.prototype.CAPTURING_PHASE Event.prototype.AT_TARGET Event.prototype.BUBBLING_PHASE CustomEvent.prototype.initCustomEvent
AbortSignal.prototype.addEventListener AbortSignal.prototype.removeEventListener
MessageChannel.prototype.port1 MessageChannel.prototype.port2
MessageEvent.prototype.userActivation MessageEvent.prototype.initMessageEvent
MessagePort.prototype.ref MessagePort.prototype.unref MessagePort.prototype.hasRef`;

/** What Firefox alone has; none of it reaches anything. */
const OF_FIREFOX = `
Atomics.wake Error.prototype.stack
DOMException.prototype.result DOMException.prototype.filename DOMException.prototype.lineNumber
DOMException.prototype.columnNumber DOMException.prototype.stack
Event.ALT_MASK Event.CONTROL_MASK Event.SHIFT_MASK Event.META_MASK
Event.prototype.ALT_MASK Event.prototype.CONTROL_MASK Event.prototype.SHIFT_MASK Event.prototype.META_MASK
Event.prototype.originalTarget Event.prototype.explicitOriginalTarget`;

const DIFFERENT = `${NEWER} ${OF_PLATFORMS} ${OF_FIREFOX}`.trim().split(/\s+/);

/** Names of the permitted globals with their types, and of their members: `Map function`, `Map.prototype.get`. Runs in both places. */
function listGlobals(names: readonly string[]): string[] {
  const found: string[] = [];
  const common = ['length', 'name', 'prototype', 'arguments', 'caller', 'constructor'];
  const list = (holder: object, path: string): void => {
    for (const key of Object.getOwnPropertyNames(holder))
      if (!common.includes(key)) found.push(`${path}.${key}`);
  };
  for (const name of names) {
    const value = (globalThis as Record<string, unknown>)[name];
    if (value === undefined && name !== 'undefined') continue;
    found.push(`${name} ${typeof value}`);
    if (value === globalThis || value === null) continue;
    if (typeof value === 'function') {
      list(value, name);
      if (typeof value.prototype === 'object') list(value.prototype as object, `${name}.prototype`);
    }
    if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) list(value, name);
  }
  return found;
}

/** All names of the global object that have a value, its own and those of its prototypes. */
function listNames(): string[] {
  const names = new Set<string>();
  for (let o: unknown = globalThis; o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o))
    for (const name of Object.getOwnPropertyNames(o))
      if (name in globalThis && (globalThis as Record<string, unknown>)[name] !== undefined) names.add(name);
  return [...names];
}

/** What libraries look at to find out where they run. */
function lookAround(): unknown {
  const { location, navigator, WorkerGlobalScope } = globalThis as unknown as {
    WorkerGlobalScope: new () => object;
    location: Location;
    navigator: Record<string, unknown>;
  };
  let refusal = '';
  try {
    new WorkerGlobalScope();
  } catch (error) {
    refusal = String(error);
  }
  const others: unknown[] = [];
  for (let o: unknown = Object.getPrototypeOf(globalThis); o !== null; o = Object.getPrototypeOf(o))
    others.push(Object.getOwnPropertyDescriptor(o, 'location'));
  const types: Record<string, string> = {};
  for (const key of Object.keys(navigator)) types[key] = typeof navigator[key];
  return {
    isWorker: globalThis instanceof WorkerGlobalScope && !({} instanceof WorkerGlobalScope),
    scope: [WorkerGlobalScope.name, refusal, Object.getOwnPropertyNames(WorkerGlobalScope.prototype)],
    location: { ...location },
    texts: [location.toString(), String(location), Object.prototype.toString.call(location)],
    asset: new URL('model.wasm', location.href).href,
    frozen: [location, navigator].map((one) => Object.isFrozen(one)),
    others: others.filter((one) => one !== undefined).length,
    types,
    hasCores: Number(navigator['hardwareConcurrency']) >= 1,
  };
}

const isDifferent = (name: string): boolean =>
  DIFFERENT.some((one) => name === one || name.startsWith(`${one} `) || name.startsWith(`${one}.`));

/** What a permitted global of this Node keeps in a sandbox. */
function isPermitted(name: string): boolean {
  const [global, , member] = name.split('.');
  const members = name.includes('.') ? PERMITTED_MEMBERS[global!] : undefined;
  if (members !== undefined) return member !== undefined && members.includes(member);
  return !FORBIDDEN_PROPERTIES.some(([holder, key]) => name === `${holder}.${key}`);
}

/** The work function that lists what it finds of the names that are its datum. */
export const LIST_GLOBALS = listGlobals.toString();
/** No Node has `self`; a sandbox's own blobs are objects of its own. */
export const LISTED_NAMES = [...PERMITTED_GLOBALS].filter((name) => name !== 'self');

/** What is missing of the globals of this Node in a list that LIST_GLOBALS gave, and what is more. */
export function differencesOf(seen: string[]): { missing: string[]; more: string[] } {
  const expected = listGlobals(LISTED_NAMES).filter(isPermitted);
  const without = (list: string[], others: string[]): string[] =>
    list.filter((name) => !others.includes(name) && !isDifferent(name));
  return { missing: without(expected, seen), more: without(seen, expected) };
}

export function globalsSuite(start: StartSandbox): void {
  describe('the globals', () => {
    it('are the same in every kind of sandbox, except for the listed ones', async () => {
      const sandbox = await start(LIST_GLOBALS);
      const seen = (await sandbox.one(LISTED_NAMES)) as string[];
      expect(differencesOf(seen)).toEqual({ missing: [], more: [] });
    });

    it('are those for which a deployer raises no alarm, no more and no fewer', async () => {
      const sandbox = await start(listNames.toString());
      const seen = (await sandbox.one(0)) as string[];
      // Deno dispatches its errors by a method that cannot be removed.
      const others = [...UNREMOVABLE_GLOBALS, ...PERMITTED_INHERITED, 'dispatchEvent'];
      expect(seen.filter((name) => !SANDBOX_GLOBALS.has(name) && !others.includes(name))).toEqual([]);
      const missing = [...SANDBOX_GLOBALS].filter((name) => !seen.includes(name) && !isDifferent(name));
      expect(missing).toEqual(['undefined']);
    });

    it('look like those of a Worker, and reveal nothing about the host', async () => {
      const sandbox = await start(lookAround.toString());
      const href = 'https://sandbox.invalid/';
      expect(await sandbox.one(0)).toEqual({
        isWorker: true,
        scope: ['WorkerGlobalScope', 'TypeError: Illegal constructor', ['constructor']],
        location: {
          href,
          origin: 'https://sandbox.invalid',
          protocol: 'https:',
          host: 'sandbox.invalid',
          hostname: 'sandbox.invalid',
          port: '',
          pathname: '/',
          search: '',
          hash: '',
        },
        texts: [href, href, '[object WorkerLocation]'],
        asset: `${href}model.wasm`,
        frozen: [true, true],
        others: 0,
        types: { hardwareConcurrency: 'number', language: 'string', platform: 'string', userAgent: 'string' },
        hasCores: true,
      });
    });

    it('have the names of the platform, also where our objects replace them', async () => {
      const names = ['Blob', 'File', 'MessageChannel', 'MessagePort', 'SubtleCrypto', 'structuredClone'];
      const sandbox = await start('(name) => globalThis[name].name');
      expect(await sandbox.run(names)).toEqual(names);
    });

    it('do not include modules: import() fails with the same error everywhere, also in evaluated code', async () => {
      const sandbox = await start(`([how, name]) => ({
        plain: () => import(name),
        eval: () => (0, eval)('(name) => import(name)')(name),
        Function: () => new Function('name', 'return import(name)')(name),
      })[how]()`);
      for (const how of ['plain', 'eval', 'Function']) {
        for (const name of ['node:crypto', 'fflate', './other.js', 'https://example.com/module.js']) {
          const error = await sandbox.failure([how, name]);
          expect(error).toMatchObject({ name: 'TypeError', message: NO_MODULES });
          expect((error as { code?: unknown }).code).toBeUndefined();
          expect(error.stack).toMatch(/^TypeError: A sandbox has no modules/);
        }
      }
    });
  });
}
