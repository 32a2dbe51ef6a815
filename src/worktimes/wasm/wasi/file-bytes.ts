/**
 * The bytes of a file that grows: in pieces of one size, of which the first one grows by doubling and those that were
 * never written are not there. So a write costs what it writes, never what the file holds.
 * @module
 */
import { ERRNO, WasiError } from './constants.js';

/** Bytes of one piece; a file that is smaller has one piece, of at least the bytes of the second. */
const PIECE_BYTES = 1024 * 1024;
const PIECE_BYTES_MIN = 256;
/** Bytes to which a file may grow; what was never written takes no memory. */
const FILE_BYTES_MAX = 2 ** 32;

export class FileBytes {
  /** The bytes as they were handed in, until something is changed. */
  #initial: Uint8Array | undefined;
  readonly #pieces = new Map<number, Uint8Array>();
  #size: number;

  constructor(initial?: Uint8Array) {
    this.#initial = initial;
    this.#size = initial?.length ?? 0;
  }

  get size(): number {
    return this.#size;
  }

  /** Copies bytes from `at` on into `target`; says how many, fewer at the file's end. */
  read(at: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.#size - at));
    if (this.#initial !== undefined) {
      target.set(this.#initial.subarray(at, at + count));
      return count;
    }
    for (let done = 0; done < count;) {
      const from = (at + done) % PIECE_BYTES;
      const wanted = Math.min(count - done, PIECE_BYTES - from);
      const piece = this.#pieces.get(Math.floor((at + done) / PIECE_BYTES));
      const there = piece === undefined ? 0 : Math.max(0, Math.min(wanted, piece.length - from));
      if (there > 0) target.set(piece!.subarray(from, from + there), done);
      if (there < wanted) target.fill(0, done + there, done + wanted);
      done += wanted;
    }
    return count;
  }

  /** Copies `data` to `at` and makes the file longer where need be. Throws EFBIG, or what the memory quota throws. */
  write(at: number, data: Uint8Array): void {
    const end = at + data.length;
    if (end > FILE_BYTES_MAX) throw new WasiError(ERRNO.FBIG);
    if (data.length === 0) return;
    this.#own();
    for (let done = 0; done < data.length;) {
      const from = (at + done) % PIECE_BYTES;
      const count = Math.min(data.length - done, PIECE_BYTES - from);
      const piece = this.#pieceFor(Math.floor((at + done) / PIECE_BYTES), from + count);
      piece.set(done === 0 && count === data.length ? data : data.subarray(done, done + count), from);
      done += count;
    }
    this.#size = Math.max(this.#size, end);
  }

  /** Cuts it, or makes it longer by zeros. Throws EFBIG. */
  resize(size: number): void {
    if (size > FILE_BYTES_MAX) throw new WasiError(ERRNO.FBIG);
    if (size < this.#size) {
      this.#own();
      const last = Math.floor(size / PIECE_BYTES);
      for (const index of this.#pieces.keys()) if (index > last) this.#pieces.delete(index);
      // What is cut off must be zeros where the file grows again.
      this.#pieces.get(last)?.fill(0, size % PIECE_BYTES);
    } else if (size > this.#size) this.#own();
    this.#size = size;
  }

  /** All of it, as a copy. Throws what the memory quota throws. */
  all(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    this.read(0, bytes);
    return bytes;
  }

  /** The piece of that index, with room for `wanted` bytes. */
  #pieceFor(index: number, wanted: number): Uint8Array {
    const piece = this.#pieces.get(index);
    if (piece !== undefined && piece.length >= wanted) return piece;
    const doubled = Math.max(PIECE_BYTES_MIN, wanted, 2 * (piece?.length ?? 0));
    const larger = new Uint8Array(index === 0 ? Math.min(PIECE_BYTES, doubled) : PIECE_BYTES);
    if (piece !== undefined) larger.set(piece);
    this.#pieces.set(index, larger);
    return larger;
  }

  #own(): void {
    const initial = this.#initial;
    if (initial === undefined) return;
    this.#initial = undefined;
    this.#size = 0;
    try {
      this.write(0, initial);
    } catch (error) {
      this.#pieces.clear();
      this.#initial = initial;
      this.#size = initial.length;
      throw error;
    }
  }
}
