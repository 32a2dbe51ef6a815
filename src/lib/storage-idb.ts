/**
 * The storage port over IndexedDB, through idb-keyval. One database for each store, since a second store in a
 * database that exists cannot be made. Where a page has no IndexedDB (an opaque origin), memory stands in.
 * @module
 */
import { createStore, del, get, keys, set } from 'idb-keyval';
import { ManyhandsError } from './errors.js';
import { memoryStorage } from './storage.js';
import type { KeyValueStorage } from './storage.js';

/** A store in the database `name`, kept by the browser; what is in memory is lost with the page. */
export function indexedDbStorage(name: string): KeyValueStorage {
  if (!hasIndexedDb()) return memoryStorage();
  const store = createStore(name, 'entries');
  return {
    get: (key) => get<Uint8Array>(key, store),
    set: (key, value) => set(key, value, store),
    // One transaction, so that of two tabs only one adds; it counts when that is committed.
    add: (key, value) =>
      store(
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
            transaction.onabort = () => reject(unusable(name, transaction.error));
          }),
      ),
    delete: (key) => del(key, store),
    keys: () => keys<string>(store),
  };
}

function unusable(name: string, cause: unknown): ManyhandsError {
  return new ManyhandsError(
    'STORE_UNUSABLE',
    `The browser could not write to the database "${name}".`,
    {},
    { cause },
  );
}

/** In a sandboxed frame the property itself throws. */
function hasIndexedDb(): boolean {
  try {
    return typeof indexedDB === 'object' && indexedDB !== null;
  } catch {
    return false;
  }
}
