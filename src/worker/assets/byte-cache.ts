/**
 * A cache of bytes by key, bounded by their sum; the least recently used entries are removed first.
 * @module
 */
export class ByteCache<V extends { readonly byteLength: number }> {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, V>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Sum of the sizes, bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): V | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  /** Adds `value`, unless it alone exceeds the maximum. */
  set(key: string, value: V): void {
    this.delete(key);
    if (value.byteLength > this.#bytesMax) return;
    this.#entries.set(key, value);
    this.#bytes += value.byteLength;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const found = this.#entries.get(key);
    if (found === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= found.byteLength;
  }
}
