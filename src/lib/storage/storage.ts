/**
 * Key/value storage as a port: files in Node, IndexedDB in a browser, a map in tests.
 * @module
 */
export interface KeyValueStorage {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array): Promise<void>;
  /** Stores the value if the key does not exist. Of several concurrent calls exactly one resolves with true. */
  add(key: string, value: Uint8Array): Promise<boolean>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

/** Storage that is lost with the process. */
export function memoryStorage(): KeyValueStorage {
  const map = new Map<string, Uint8Array>();
  return {
    get: (key) => Promise.resolve(map.get(key)),
    set: (key, value) => Promise.resolve(void map.set(key, value)),
    add(key, value) {
      if (map.has(key)) return Promise.resolve(false);
      map.set(key, value);
      return Promise.resolve(true);
    },
    delete: (key) => Promise.resolve(void map.delete(key)),
    keys: () => Promise.resolve([...map.keys()]),
  };
}
