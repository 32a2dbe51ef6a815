/**
 * A bounded persistent store of bytes by their digest; the least recently used entries are removed first. Entries are
 * verified when read, and a failing store only means that a file is downloaded again.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import { sha256HexAsync } from '../../lib/crypto/sha256.js';
import type { KeyValueStorage } from '../../lib/storage/storage.js';

/** Maximum sum of sizes, bytes. */
const BYTES_MAX = 512 * 1024 * 1024;
/** Maximum number of entries: the index is always read and written completely. */
const ENTRIES_MAX = 2_048;
/** Key of the index, which has sizes and times of use. */
const INDEX_KEY = 'index';
/** The time of use of an entry is updated only if it is older than this, milliseconds. */
const TOUCH_MS = 60_000;

/** Size in bytes, and time of use in milliseconds since the Unix epoch. */
type Index = Map<string, [bytes: number, usedMs: number]>;

export class AssetStore {
  readonly #storage: KeyValueStorage;
  readonly #clock: Clock;
  readonly #bytesMax: number;
  /** Changes of the index run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether the index was compared with the stored keys. */
  #isReconciled = false;

  constructor(storage: KeyValueStorage, clock: Clock, bytesMax = BYTES_MAX) {
    this.#storage = storage;
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  /** The bytes with that digest; undefined where they are not stored. Never rejects. */
  async get(digest: string): Promise<Uint8Array | undefined> {
    const bytes = await this.read(digest);
    if (bytes === undefined || (await sha256HexAsync(bytes)) === digest) return bytes;
    await this.delete(digest);
    return undefined;
  }

  /** The bytes under a key that need not be their digest: the caller must verify them. Never rejects. */
  async read(key: string): Promise<Uint8Array | undefined> {
    try {
      const bytes = await this.#storage.get(key);
      if (bytes !== undefined) void this.#change((index) => touch(index, key, this.#clock.wallMs()));
      return bytes;
    } catch {
      return undefined;
    }
  }

  /** Stores `value`, unless it exceeds the maximum or the store fails. Never rejects. */
  async set(key: string, value: Uint8Array): Promise<void> {
    const { byteLength } = value;
    if (byteLength > this.#bytesMax) return;
    await this.#change(async (index) => {
      index.set(key, [byteLength, this.#clock.wallMs()]);
      for (const old of this.#findEvictions(index, key)) {
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

  /** Changes the current index, which another process may have written; `change` returns whether it changed anything. */
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
    if (!this.#isReconciled || index.size === 0) await this.#reconcile(index);
    return index;
  }

  /**
   * Adds stored keys that the index lacks and removes entries without a key: two processes may overwrite each other's
   * index, and lost entries would stay stored without being counted.
   */
  async #reconcile(index: Index): Promise<void> {
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
    for (const old of this.#findEvictions(index)) {
      index.delete(old);
      await this.#storage.delete(old);
      isChanged = true;
    }
    if (isChanged) await this.#storage.set(INDEX_KEY, encode(index));
    this.#isReconciled = true;
  }

  /** The keys to remove, least recently used first; `key` stays. */
  #findEvictions(index: Index, key?: string): string[] {
    let bytes = 0;
    for (const [size] of index.values()) bytes += size;
    let entries = index.size;
    const evicted: string[] = [];
    const oldest = [...index].sort((a, b) => a[1][1] - b[1][1]);
    for (const [old, [size]] of oldest) {
      if (bytes <= this.#bytesMax && entries <= ENTRIES_MAX) break;
      if (old === key) continue;
      evicted.push(old);
      bytes -= size;
      entries -= 1;
    }
    return evicted;
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

/** An unreadable index counts as empty. */
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
