/**
 * The storage port over IndexedDB, by idb-keyval. Each storage has its own database, since no object store can be added to an
 * existing one. Where a page may not store data (an opaque origin), memory is used instead.
 * @module
 */
import { createStore, del, get, keys, promisifyRequest, set } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import { ManyhandsError } from '../errors.js';
import { memoryStorage } from './storage.js';
import type { KeyValueStorage } from './storage.js';

/** Names of the errors where a page may not store data: in a sandboxed frame, in some private windows. */
const NO_STORAGE = ['SecurityError', 'InvalidStateError'];
/** Message of Chromium's error in a third-party frame whose storage is blocked; it has no distinct name. */
const DENIED = /denied permission/i;

/**
 * Storage in the database `name`; where memory is used instead it is lost with the page.
 * @throws STORE_UNUSABLE from each call that the browser refuses, such as when its disk is full
 */
export function indexedDbStorage(name: string): KeyValueStorage {
  let chosen: Promise<KeyValueStorage> | undefined;
  const storage = (): Promise<KeyValueStorage> => {
    chosen ??= choose(name).catch((error: unknown) => {
      // After a failure of the database the next call tries it again; memory would hide its data.
      chosen = undefined;
      throw error;
    });
    return chosen;
  };
  const usable = async <R>(call: (storage: KeyValueStorage) => Promise<R>): Promise<R> => {
    try {
      return await call(await storage());
    } catch (error) {
      throw unusable(name, error);
    }
  };
  return {
    get: (key) => usable((store) => store.get(key)),
    set: (key, value) => usable((store) => store.set(key, value)),
    add: (key, value) => usable((store) => store.add(key, value)),
    delete: (key) => usable((store) => store.delete(key)),
    keys: () => usable((store) => store.keys()),
  };
}

/** The error for a refused operation, with the reason and what to do. */
function unusable(database: string, error: unknown): ManyhandsError<'STORE_UNUSABLE'> {
  const { name: reason = 'unknown', message = '' } = (error ?? {}) as Partial<Error>;
  const text =
    reason === 'QuotaExceededError'
      ? `The browser has no room left for this site's database "${database}". Free space on the disk, or delete other data of this site, and try again.`
      : `The browser cannot use this site's database "${database}" (${reason}: ${message}). Reload the page; where that does not help, see whether the browser lets this site store data.`;
  return new ManyhandsError('STORE_UNUSABLE', text, { database, reason }, { cause: error });
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
    add: (key, value) => add(store, key, value),
    delete: (key) => del(key, store),
    keys: () => keys<string>(store),
  };
}

/** In one transaction, so that of two tabs only one adds the key; resolves when it is committed. */
function add(store: UseStore, key: string, value: Uint8Array): Promise<boolean> {
  return store(
    'readwrite',
    (entries) =>
      new Promise<boolean>((resolve, reject) => {
        const { transaction } = entries;
        const request = entries.add(value, key);
        let added = true;
        request.onerror = (event) => {
          if (request.error?.name !== 'ConstraintError') return;
          // Nothing is added; the transaction must not abort.
          event.preventDefault();
          added = false;
        };
        transaction.oncomplete = () => resolve(added);
        transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was aborted.'));
      }),
  );
}
