/**
 * What this page keeps between visits: small records as JSON in local storage, read before the first paint. Where a
 * browser refuses storage the page works all the same, and forgets.
 * @module
 */

const PREFIX = 'manyhands.';
/** A record of a page like this one is far smaller; a larger one is not ours. */
const RECORD_MAX = 200_000;

export interface PageStore {
  /** Whether what is written will be there at the next visit. */
  readonly keeps: boolean;
  read(name: string): unknown;
  write(name: string, value: unknown): void;
  /** Calls back when another tab of this site wrote that record. */
  onChange(name: string, changed: () => void): void;
}

/** `storage`: hands out the browser's store, or throws where there is none. */
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
        // A full store: this visit goes on with what is in memory.
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
