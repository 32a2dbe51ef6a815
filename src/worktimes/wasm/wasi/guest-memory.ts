/**
 * Reads and writes the memory of a module for the host. An address outside of it ends the module, as WASI specifies: a
 * program could ignore an error number, and data would be missing without notice.
 * @module
 */

export class GuestMemory {
  readonly #memory: () => WebAssembly.Memory;
  #buffer: ArrayBufferLike | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));

  /** `memory` throws where the module exports none. */
  constructor(memory: () => WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** @throws RangeError where `size` bytes from `start` on (non-negative integers) exceed the memory */
  checkRange(start: number, size: number): void {
    this.#refresh(start, size);
  }

  /** The bytes at `pointer`, an i32 as passed by WebAssembly; not copied. @throws RangeError */
  bytes(pointer: number, length: number): Uint8Array {
    const [start, size] = [pointer >>> 0, length >>> 0];
    this.#refresh(start, size);
    return this.#bytes.subarray(start, start + size);
  }

  getU8(pointer: number): number {
    return this.#at(pointer, 1).getUint8(pointer >>> 0);
  }

  getU16(pointer: number): number {
    return this.#at(pointer, 2).getUint16(pointer >>> 0, true);
  }

  getU32(pointer: number): number {
    return this.#at(pointer, 4).getUint32(pointer >>> 0, true);
  }

  getU64(pointer: number): bigint {
    return this.#at(pointer, 8).getBigUint64(pointer >>> 0, true);
  }

  setU8(pointer: number, value: number): void {
    this.#at(pointer, 1).setUint8(pointer >>> 0, value);
  }

  setU16(pointer: number, value: number): void {
    this.#at(pointer, 2).setUint16(pointer >>> 0, value, true);
  }

  setU32(pointer: number, value: number): void {
    this.#at(pointer, 4).setUint32(pointer >>> 0, value, true);
  }

  setU64(pointer: number, value: bigint): void {
    this.#at(pointer, 8).setBigUint64(pointer >>> 0, BigInt.asUintN(64, value), true);
  }

  /** The byte ranges of a list of `iovec`s. @throws RangeError */
  *vectors(pointer: number, count: number): Generator<Uint8Array> {
    const start = pointer >>> 0;
    const total = count >>> 0;
    for (let i = 0; i < total; i++) {
      const at = start + 8 * i;
      this.#refresh(at, 8);
      const [address, length] = [this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true)];
      if (length > 0) yield this.bytes(address, length);
    }
  }

  #at(pointer: number, size: number): DataView {
    this.#refresh(pointer >>> 0, size);
    return this.#view;
  }

  /** Updates the views, since a memory that has grown has another buffer, and checks the range. */
  #refresh(start: number, size: number): void {
    const { buffer } = this.#memory();
    if (buffer !== this.#buffer) {
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
      this.#buffer = buffer;
    }
    if (start + size <= buffer.byteLength) return;
    throw new RangeError(
      `The module named ${size} bytes at ${start}; its memory ends at ${buffer.byteLength} bytes`,
    );
  }
}
