/**
 * The storage port over IndexedDB, through idb-keyval. One database for each store, since a second store in a
 * database that exists cannot be made. Where a page may not store (an opaque origin), memory stands in.
 * @module
 */
import { createStore, del, get, keys, promisifyRequest, set } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import { ManyhandsError } from './errors.js';
import { memoryStorage } from './storage.js';
import type { KeyValueStorage } from './storage.js';

/** What browsers throw where a page has no right to store: in a sandboxed frame, in some private windows. */
const NO_STORAGE = ['SecurityError', 'InvalidStateError'];
/** What Chromium says in a frame of another site where the visitor blocks what such frames store; its name says nothing. */
const DENIED = /denied permission/i;

/** A store in the database `name`, kept by the browser; what is in memory is lost with the page. */
export function indexedDbStorage(name: string): KeyValueStorage {
  let chosen: Promise<KeyValueStorage> | undefined;
  const storage = (): Promise<KeyValueStorage> => {
    chosen ??= choose(name).catch((error: unknown) => {
      // A database that is broken today is no reason to begin another, empty one in memory.
      chosen = undefined;
      throw new ManyhandsError(
        'STORE_UNUSABLE',
        `The browser could not open the database "${name}".`,
        {},
        { cause: error },
      );
    });
    return chosen;
  };
  return {
    get: async (key) => (await storage()).get(key),
    set: async (key, value) => (await storage()).set(key, value),
    add: async (key, value) => (await storage()).add(key, value),
    delete: async (key) => (await storage()).delete(key),
    keys: async () => (await storage()).keys(),
  };
}

async function choose(name: string): Promise<KeyValueStorage> {
  if (typeof indexedDB === 'undefined') return memoryStorage();
  const store = createStore(name, 'entries');
  try {
    await store('readonly', (entries) => promisifyRequest(entries.count()));
  } catch (error) {
    const { name: what, message } = error as Error;
    if (NO_STORAGE.includes(what) || DENIED.test(message)) return memoryStorage();
    throw error;
  }
  return {
    get: (key) => get<Uint8Array>(key, store),
    set: (key, value) => set(key, value, store),
    add: (key, value) => add(name, store, key, value),
    delete: (key) => del(key, store),
    keys: () => keys<string>(store),
  };
}

/** One transaction, so that of two tabs only one adds; it counts when that is committed. */
function add(name: string, store: UseStore, key: string, value: Uint8Array): Promise<boolean> {
  return store(
    'readwrite',
    (entries) =>
      new Promise<boolean>((resolve, reject) => {
        const { transaction } = entries;
        const request = entries.add(value, key);
        let added = true;
        request.onerror = (event) => {
          if (request.error?.name !== 'ConstraintError') return;
          // The transaction goes on to its end, with nothing added.
          event.preventDefault();
          added = false;
        };
        transaction.oncomplete = () => resolve(added);
        transaction.onabort = () =>
          reject(
            new ManyhandsError(
              'STORE_UNUSABLE',
              `The browser could not write to the database "${name}".`,
              {},
              { cause: transaction.error },
            ),
          );
      }),
  );
}
