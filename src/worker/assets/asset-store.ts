/**
 * Bytes that outlive the worker, by their digest, in a store that is bounded: what was not used for longest goes first.
 * Nothing that it gives back was believed: it is read against its digest, and a store that fails only costs a download.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { sha256HexAsync } from '../../lib/crypto/sha256.js';
import type { KeyValueStorage } from '../../lib/storage/storage.js';

/** All that is kept, bytes. */
const BYTES_MAX = 512 * 1024 * 1024;
/** Entries that are kept: the index is read and written whole. */
const ENTRIES_MAX = 2_048;
/** Where sizes and times of use are kept. */
const INDEX_KEY = 'index';
/** How much later than before an entry must be used for its time to be written again, milliseconds. */
const TOUCH_MS = 60_000;

/** Bytes, and milliseconds since the Unix epoch. */
type Index = Map<string, [bytes: number, usedMs: number]>;

export class AssetStore {
  readonly #storage: KeyValueStorage;
  readonly #clock: Clock;
  readonly #bytesMax: number;
  /** One change of the index after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether this store has looked once at all that is kept. */
  #isCompared = false;

  constructor(storage: KeyValueStorage, clock: Clock, bytesMax = BYTES_MAX) {
    this.#storage = storage;
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  /** The bytes of that digest; undefined where they are not kept. Never rejects. */
  async get(digest: string): Promise<Uint8Array | undefined> {
    const bytes = await this.read(digest);
    if (bytes === undefined || (await sha256HexAsync(bytes)) === digest) return bytes;
    await this.delete(digest);
    return undefined;
  }

  /** What is kept under that name, which need not be its digest: whoever asks must check it. Never rejects. */
  async read(key: string): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#storage.get(key);
      if (bytes !== undefined) void this.#change((index) => touch(index, key, this.#clock.wallMs()));
      return bytes;
    } catch {
      return undefined;
    }
  }

  /** Keeps `value`, unless it alone is too large, or cannot be kept. Never rejects. */
  async set(key: string, value: Uint8Array): Promise<void> {
    const { byteLength } = value;
    if (byteLength > this.#bytesMax) return;
    await this.#change(async (index) => {
      index.set(key, [byteLength, this.#clock.wallMs()]);
      for (const old of this.#tooMany(index, key)) {
        index.delete(old);
        await this.#storage.delete(old);
      }
      await this.#storage.set(key, value);
      return true;
    });
  }

  /** Never rejects. */
  async delete(key: string): Promise<void> {
    await this.#change(async (index) => {
      await this.#storage.delete(key);
      return index.delete(key);
    });
  }

  /** Changes the index as it is now, which another process may have written; `change` says whether it did. */
  #change(change: (index: Index) => boolean | Promise<boolean>): Promise<void> {
    const changed = this.#last.then(async () => {
      const index = await this.#readIndex();
      if (await change(index)) await this.#storage.set(INDEX_KEY, encode(index));
    });
    const settled = changed.catch(() => undefined);
    this.#last = settled;
    return settled;
  }

  async #readIndex(): Promise<Index> {
    const index = decode(await this.#storage.get(INDEX_KEY));
    if (!this.#isCompared || index.size === 0) await this.#compare(index);
    return index;
  }

  /**
   * Makes the index tell what there is: two processes may overwrite each other's, and what only one of them knew
   * would stay for ever, beside what is counted.
   */
  async #compare(index: Index): Promise<void> {
    const keys = new Set(await this.#storage.keys());
    keys.delete(INDEX_KEY);
    let isChanged = false;
    for (const key of index.keys()) {
      if (!keys.has(key)) isChanged = index.delete(key);
    }
    for (const key of keys) {
      if (index.has(key)) continue;
      const bytes = await this.#storage.get(key);
      if (bytes === undefined) continue;
      index.set(key, [bytes.byteLength, 0]);
      isChanged = true;
    }
    for (const old of this.#tooMany(index)) {
      index.delete(old);
      await this.#storage.delete(old);
      isChanged = true;
    }
    if (isChanged) await this.#storage.set(INDEX_KEY, encode(index));
    this.#isCompared = true;
  }

  /** What must go, the least recently used first; `key` stays. */
  #tooMany(index: Index, key?: string): string[] {
    let bytes = 0;
    for (const [size] of index.values()) bytes += size;
    let entries = index.size;
    const gone: string[] = [];
    const oldest = [...index].sort((a, b) => a[1][1] - b[1][1]);
    for (const [old, [size]] of oldest) {
      if (bytes <= this.#bytesMax && entries <= ENTRIES_MAX) break;
      if (old === key) continue;
      gone.push(old);
      bytes -= size;
      entries -= 1;
    }
    return gone;
  }
}

function touch(index: Index, key: string, nowMs: number): boolean {
  const entry = index.get(key);
  if (entry === undefined || nowMs - entry[1] < TOUCH_MS) return false;
  entry[1] = nowMs;
  return true;
}

function encode(index: Index): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([...index]));
}

/** An index that cannot be read is as good as none. */
function decode(bytes: Uint8Array | undefined): Index {
  const index: Index = new Map();
  if (bytes === undefined) return index;
  try {
    const entries = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    if (!Array.isArray(entries)) return index;
    for (const entry of entries as [unknown, [unknown, unknown]][]) {
      const [key, [size, usedMs]] = entry;
      if (typeof key === 'string' && typeof size === 'number' && typeof usedMs === 'number')
        index.set(key, [size, usedMs]);
    }
  } catch {
    index.clear();
  }
  return index;
}
