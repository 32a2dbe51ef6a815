/**
 * The contents of a growing file, in chunks of equal size. The first chunk grows by doubling, and chunks that were never
 * written are not allocated, so the cost of a write depends on its size and not on the size of the file.
 * @module
 */
import { ERRNO, WasiError } from './constants.js';

/** Bytes of a chunk, and the least bytes of the first chunk. */
const CHUNK_BYTES = 1024 * 1024;
const FIRST_CHUNK_BYTES_MIN = 256;
/** The maximum size of a file; ranges that were never written take no memory. */
const FILE_BYTES_MAX = 2 ** 32;

export class FileBytes {
  /** The original bytes, not copied until the first change. */
  #initial: Uint8Array | undefined;
  readonly #chunks = new Map<number, Uint8Array>();
  #size: number;

  constructor(initial?: Uint8Array) {
    this.#initial = initial;
    this.#size = initial?.length ?? 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Copies bytes from `at` on into `target`; returns how many, fewer at the end of the file. */
  read(at: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.#size - at));
    if (this.#initial !== undefined) {
      target.set(this.#initial.subarray(at, at + count));
      return count;
    }
    for (let done = 0; done < count;) {
      const from = (at + done) % CHUNK_BYTES;
      const wanted = Math.min(count - done, CHUNK_BYTES - from);
      const chunk = this.#chunks.get(Math.floor((at + done) / CHUNK_BYTES));
      const there = chunk === undefined ? 0 : Math.max(0, Math.min(wanted, chunk.length - from));
      if (there > 0) target.set(chunk!.subarray(from, from + there), done);
      if (there < wanted) target.fill(0, done + there, done + wanted);
      done += wanted;
    }
    return count;
  }

  /** Copies `data` to `at` and extends the file if necessary. @throws EFBIG, or RangeError where memory is exhausted */
  write(at: number, data: Uint8Array): void {
    const end = at + data.length;
    if (end > FILE_BYTES_MAX) throw new WasiError(ERRNO.FBIG);
    if (data.length === 0) return;
    this.#copyInitial();
    for (let done = 0; done < data.length;) {
      const from = (at + done) % CHUNK_BYTES;
      const count = Math.min(data.length - done, CHUNK_BYTES - from);
      const chunk = this.#chunkFor(Math.floor((at + done) / CHUNK_BYTES), from + count);
      chunk.set(done === 0 && count === data.length ? data : data.subarray(done, done + count), from);
      done += count;
    }
    this.#size = Math.max(this.#size, end);
  }

  /** Truncates the file, or extends it with zeros. @throws EFBIG */
  resize(size: number): void {
    if (size > FILE_BYTES_MAX) throw new WasiError(ERRNO.FBIG);
    if (size < this.#size) {
      this.#copyInitial();
      const last = Math.floor(size / CHUNK_BYTES);
      for (const index of this.#chunks.keys()) if (index > last) this.#chunks.delete(index);
      // The truncated bytes must be zeros when the file grows again.
      this.#chunks.get(last)?.fill(0, size % CHUNK_BYTES);
    } else if (size > this.#size) this.#copyInitial();
    this.#size = size;
  }

  /** A copy of all bytes. @throws RangeError where memory is exhausted */
  all(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    this.read(0, bytes);
    return bytes;
  }

  /** The chunk of that index, with a capacity of at least `wanted` bytes. */
  #chunkFor(index: number, wanted: number): Uint8Array {
    const chunk = this.#chunks.get(index);
    if (chunk !== undefined && chunk.length >= wanted) return chunk;
    const doubled = Math.max(FIRST_CHUNK_BYTES_MIN, wanted, 2 * (chunk?.length ?? 0));
    const larger = new Uint8Array(index === 0 ? Math.min(CHUNK_BYTES, doubled) : CHUNK_BYTES);
    if (chunk !== undefined) larger.set(chunk);
    this.#chunks.set(index, larger);
    return larger;
  }

  #copyInitial(): void {
    const initial = this.#initial;
    if (initial === undefined) return;
    this.#initial = undefined;
    this.#size = 0;
    try {
      this.write(0, initial);
    } catch (error) {
      this.#chunks.clear();
      this.#initial = initial;
      this.#size = initial.length;
      throw error;
    }
  }
}
