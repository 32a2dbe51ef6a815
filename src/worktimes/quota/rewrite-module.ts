/**
 * Rewrites WebAssembly modules: each memory that a module defines gets a maximum of at most a limit. A module that cannot be
 * parsed up to its memories is refused, never passed on.
 * @module
 */
import { bufferOf, lengthOf, offsetOf, OwnBytes, putBytes } from '../realm/captured.js';
import { HEADER, isWasm, LEB_BASE, ModuleReader, ModuleRefused, SECTION } from './module-format.js';

const { floor } = Math;

export const WASM_PAGE_BYTES = 65_536;
/** The most pages that 32 bits can address; the engine refuses more. */
export const PAGES_32_BITS_MAX = 65_536;
/** Memories that one module may define. */
const MEMORIES_MAX = 16;
/** More bytes than their types can take. */
const SECTION_BYTES_MAX = 1_024;

const FLAG = { max: 1, shared: 2, index64: 4 } as const;

/** `length` bytes from the start of `bytes`: job code may replace the length getter of typed arrays. */
export interface ModuleBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;
}

export interface RewrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The initial sizes of the memories that it defines, together. */
  readonly memoryBytes: number;
}

/**
 * Returns the module with memories of at most `pagesMax` pages. No other code may hold a reference to `given`. Bytes without
 * the header of a module are returned unchanged, for the engine to refuse. @throws ModuleRefused
 */
export function rewriteModule(given: ModuleBytes, pagesMax: number): RewrittenModule {
  const { bytes, length } = given;
  const unchanged = { bytes, memoryBytes: 0 };
  if (length < HEADER.length || !isWasm(bytes)) return unchanged;
  const reader = new ModuleReader(bytes, HEADER.length, length);
  while (!reader.done) {
    const { at } = reader;
    const id = reader.byte();
    const size = reader.unsigned();
    const start = reader.at;
    reader.skip(size);
    if (id !== SECTION.memory) continue;
    const types = new Writer();
    const pages = limitMemories(new ModuleReader(bytes, start, reader.at), types, pagesMax);
    const header = new Writer();
    header.byte(id);
    header.unsigned(types.length);
    // The engine refuses a second section of the same kind.
    const parts = [
      part(bytes, 0, at),
      header.written,
      types.written,
      part(bytes, reader.at, length),
    ] as const;
    const total = at + header.length + types.length + (length - reader.at);
    return { bytes: concat(parts, total), memoryBytes: pages * WASM_PAGE_BYTES };
  }
  return unchanged;
}

/** Copies the types of memories with their maximum lowered. Returns the initial pages of all. */
function limitMemories(reader: ModuleReader, writer: Writer, pagesMax: number): number {
  const count = reader.unsigned();
  if (count > MEMORIES_MAX) throw new ModuleRefused(`it defines ${count} memories`);
  writer.unsigned(count);
  let pages = 0;
  for (let i = 0; i < count; i++) {
    const flags = reader.unsigned();
    if ((flags & ~(FLAG.max | FLAG.shared | FLAG.index64)) !== 0)
      throw new ModuleRefused('it defines a memory of a kind that is not known here');
    const isSize = (value: number): boolean => (flags & FLAG.index64) !== 0 || value <= PAGES_32_BITS_MAX;
    const min = reader.unsigned();
    if (min > pagesMax && isSize(min))
      throw new ModuleRefused(`it needs a memory of ${min} pages, and ${pagesMax} are the most here`);
    pages += min;
    const hasMax = (flags & FLAG.max) !== 0;
    const max = hasMax ? reader.unsigned() : pagesMax;
    // The engine refuses a shared memory without a maximum.
    const isBounded = hasMax || (flags & FLAG.shared) === 0;
    writer.unsigned(isBounded ? flags | FLAG.max : flags);
    writer.unsigned(min);
    if (isBounded) writer.unsigned(max > pagesMax && isSize(max) ? pagesMax : max);
  }
  if (!reader.done) throw new ModuleRefused('the section of its memories is malformed');
  return pages;
}

/** Tracks its own length: of a typed array it uses elements only, which job code cannot intercept. */
class Writer {
  readonly #bytes = new OwnBytes(SECTION_BYTES_MAX);
  length = 0;

  get written(): Uint8Array {
    return part(this.#bytes, 0, this.length);
  }

  byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  /** LEB128. */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= LEB_BASE) {
      this.byte((rest % LEB_BASE) + LEB_BASE);
      rest = floor(rest / LEB_BASE);
    }
    this.byte(rest);
  }
}

function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new OwnBytes(bufferOf(bytes), offsetOf(bytes) + start, end - start);
}

function concat(
  parts: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array],
  total: number,
): Uint8Array<ArrayBuffer> {
  const whole = new OwnBytes(total);
  let at = 0;
  for (let i = 0; i < 4; i++) {
    putBytes(whole, parts[i]!, at);
    at += lengthOf(parts[i]!);
  }
  return whole;
}
