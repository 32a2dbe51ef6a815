/**
 * What this page stores between visits: small JSON records in local storage, read before the first paint. If the
 * browser refuses storage, the page works with records in memory.
 * @module
 */

const PREFIX = 'manyhands.';
/** Records of this page are far smaller; a larger one was written by something else. Characters. */
const RECORD_MAX = 200_000;

export interface PageStore {
  /** Whether records are still there at the next visit. */
  readonly keeps: boolean;
  read(name: string): unknown;
  write(name: string, value: unknown): void;
  /** Calls `changed` when another tab of this site wrote that record. */
  onChange(name: string, changed: () => void): void;
}

/** `storage`: returns the browser's store, or throws if there is none. */
export function openPageStore(storage: () => Storage = () => globalThis.localStorage): PageStore {
  const kept = probe(storage);
  const memory = new Map<string, string>();
  return {
    keeps: kept !== undefined,
    read(name) {
      const text = kept === undefined ? memory.get(name) : kept.getItem(PREFIX + name);
      if (typeof text !== 'string' || text.length > RECORD_MAX) return undefined;
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
    },
    write(name, value) {
      const text = JSON.stringify(value);
      memory.set(name, text);
      try {
        kept?.setItem(PREFIX + name, text);
      } catch {
        // The store is full: this visit goes on with the record in memory.
      }
    },
    onChange(name, changed) {
      globalThis.addEventListener?.('storage', (event) => {
        if (event.key === PREFIX + name) changed();
      });
    },
  };
}

function probe(storage: () => Storage): Storage | undefined {
  try {
    const found = storage();
    found.setItem(`${PREFIX}probe`, '1');
    found.removeItem(`${PREFIX}probe`);
    return found;
  } catch {
    return undefined;
  }
}
