/**
 * Rewrites WebAssembly modules: the memories that a module defines become imports, so that the code that instantiates it
 * allocates them. A module that cannot be parsed is refused, never passed on.
 * @module
 */
import { apply, bufferOf, methodOf, offsetOf, OwnBytes, putBytes } from '../realm/captured.js';

const { floor } = Math;
const charCodeAt = methodOf(String.prototype, 'charCodeAt');

/** The module name of the imported memories; the field name encodes the type of the memory. */
export const MEMORY_MODULE = 'manyhands:memory';

export const WASM_PAGE_BYTES = 65_536;
/** Memories that one module may define. */
const MEMORIES_MAX = 16;

const SECTION = { custom: 0, type: 1, import: 2, memory: 5 } as const;
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const FLAG = { max: 1, shared: 2, index64: 4, pageSize: 8 } as const;
const IMPORT_MEMORY = 2;

/** The type of a memory; sizes in pages of 64 KiB. */
export interface MemoryType {
  min: number;
  max: number | undefined;
  shared: boolean;
  index64: boolean;
}

/** A module that cannot be parsed, or defines more memories than allowed. */
export class ModuleRefused extends Error {}

/** `length` bytes from the start of `bytes`: job code may replace the length getter of typed arrays. */
export interface ModuleBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;
}

/**
 * Returns the module with its memories imported. No other code may hold a reference to `given`. Bytes without the header of
 * a module are returned unchanged, for the engine to refuse. Throws ModuleRefused.
 */
export function rewriteModule(given: ModuleBytes): ModuleBytes {
  const { bytes, length } = given;
  if (length < HEADER.length) return given;
  for (let i = 0; i < HEADER.length; i++) if (bytes[i] !== HEADER[i]) return given;
  const sections = readSections(given);
  const memories: MemoryType[] = [];
  for (let i = 0; i < sections.length; i++) {
    const { id, start, end } = sections[i]!;
    if (id === SECTION.memory) readMemories(new Reader(bytes, start, end), memories);
  }
  return memories.length === 0 ? given : assemble(bytes, sections, memories);
}

/** Parses the field name of an import written by this file; undefined for any other text. */
export function parseMemoryImport(field: string): MemoryType | undefined {
  const found = /^\d+:(\d+):(\d*):([sn])([48])$/.exec(field);
  if (found === null) return undefined;
  const [, min, max, shared, width] = found;
  return {
    min: Number(min),
    max: max === '' ? undefined : Number(max),
    shared: shared === 's',
    index64: width === '8',
  };
}

interface Section {
  readonly id: number;
  /** The offset of its id. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

function readSections({ bytes, length }: ModuleBytes): Section[] {
  const reader = new Reader(bytes, HEADER.length, length);
  const sections: Section[] = [];
  while (!reader.done) {
    const { at } = reader;
    const id = reader.byte();
    const size = reader.unsigned();
    const start = reader.at;
    reader.skip(size);
    sections[sections.length] = { id, at, start, end: reader.at };
  }
  return sections;
}

function readMemories(reader: Reader, memories: MemoryType[]): void {
  const count = reader.unsigned();
  if (count > MEMORIES_MAX) throw new ModuleRefused(`it defines ${count} memories`);
  for (let i = 0; i < count; i++) {
    const flags = reader.unsigned();
    if ((flags & ~(FLAG.max | FLAG.shared | FLAG.index64)) !== 0)
      throw new ModuleRefused('it defines a memory of a kind that is not known here');
    const min = reader.unsigned();
    const max = (flags & FLAG.max) === 0 ? undefined : reader.unsigned();
    const shared = (flags & FLAG.shared) !== 0;
    memories[memories.length] = { min, max, shared, index64: (flags & FLAG.index64) !== 0 };
  }
}

function assemble(
  bytes: Uint8Array<ArrayBuffer>,
  sections: readonly Section[],
  memories: readonly MemoryType[],
): ModuleBytes {
  const writer = new Writer();
  writer.copy(bytes, 0, HEADER.length);
  let imported = false;
  for (let i = 0; i < sections.length; i++) {
    const { id, at, start, end } = sections[i]!;
    if (!imported && id !== SECTION.custom && id !== SECTION.type) {
      imported = true;
      const before = id === SECTION.import ? new Reader(bytes, start, end) : undefined;
      writer.section(SECTION.import, importSection(before, memories));
      if (id === SECTION.import) continue;
    }
    if (id === SECTION.memory) continue;
    writer.copy(bytes, at, end);
  }
  return writer.finish();
}

/** The original imports and one for each memory. Indices of memories do not change: imported memories come first anyway. */
function importSection(before: Reader | undefined, memories: readonly MemoryType[]): Writer {
  const writer = new Writer();
  writer.unsigned((before?.unsigned() ?? 0) + memories.length);
  if (before !== undefined) writer.copy(before.bytes, before.at, before.end);
  for (let i = 0; i < memories.length; i++) {
    const { min, max, shared, index64 } = memories[i]!;
    writer.text(MEMORY_MODULE);
    writer.text(`${i}:${min}:${max ?? ''}:${shared ? 's' : 'n'}${index64 ? 8 : 4}`);
    writer.unsigned(IMPORT_MEMORY);
    // A shared memory must declare a maximum; the imported memory may have a smaller one.
    writer.unsigned((shared ? FLAG.max | FLAG.shared : 0) | (index64 ? FLAG.index64 : 0));
    writer.unsigned(min);
    if (shared) writer.unsigned(max ?? min);
  }
  return writer;
}

const LEB_BYTES_MAX = 10;
const LEB_BASE = 128;

class Reader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  peek(): number {
    if (this.at >= this.end) throw new ModuleRefused('it ends too early');
    return this.bytes[this.at]!;
  }

  byte(): number {
    const value = this.peek();
    this.at += 1;
    return value;
  }

  /** LEB128. Values over 2^53 are inexact, and far over any limit. */
  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < LEB_BYTES_MAX; i++) {
      const byte = this.byte();
      value += (byte % LEB_BASE) * scale;
      if (byte < LEB_BASE) return value;
      scale *= LEB_BASE;
    }
    throw new ModuleRefused('one of its numbers is malformed');
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw new ModuleRefused('it ends too early');
    this.at += count;
  }
}

const INITIAL_BYTES = 1_024;

/** Tracks its own length and capacity: of a typed array it uses elements only, which job code cannot intercept. */
class Writer {
  #bytes = new OwnBytes(INITIAL_BYTES);
  #capacity = INITIAL_BYTES;
  #length = 0;

  copy(from: Uint8Array<ArrayBuffer>, start: number, end: number): void {
    this.#reserve(end - start);
    putBytes(this.#bytes, new OwnBytes(bufferOf(from), offsetOf(from) + start, end - start), this.#length);
    this.#length += end - start;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  unsigned(value: number): void {
    let rest = value;
    while (rest >= LEB_BASE) {
      this.byte((rest % LEB_BASE) + LEB_BASE);
      rest = floor(rest / LEB_BASE);
    }
    this.byte(rest);
  }

  /** ASCII only. */
  text(text: string): void {
    this.unsigned(text.length);
    for (let i = 0; i < text.length; i++) this.byte(apply(charCodeAt, text, [i]) as number);
  }

  section(id: number, payload: Writer): void {
    this.byte(id);
    const { bytes, length } = payload.finish();
    this.unsigned(length);
    this.copy(bytes, 0, length);
  }

  finish(): ModuleBytes {
    return { bytes: this.#bytes, length: this.#length };
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#capacity) return;
    this.#capacity = needed * 2;
    const bytes = new OwnBytes(this.#capacity);
    putBytes(bytes, this.#bytes, 0);
    this.#bytes = bytes;
  }
}
