/**
 * The binary format of WebAssembly modules, as far as it is read here. Nothing here calls a method that job code could
 * have replaced.
 * @module
 */

export const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0] as const;
/** Section ids. */
export const SECTION = { custom: 0, type: 1, import: 2, function: 3, memory: 5, export: 7 } as const;

export const LEB_BASE = 128;
/** Bytes of a 64-bit number. */
const LEB_BYTES_MAX = 10;

/** A module that cannot be parsed, or has a part that is not allowed; the message names it. */
export class ModuleRefused extends Error {}

/** Whether bytes have the header of a module of version 1. */
export function isWasm(bytes: Uint8Array): boolean {
  for (let i = 0; i < HEADER.length; i++) if (bytes[i] !== HEADER[i]) return false;
  return true;
}

/** Reads from `at` up to `end`. Its methods throw ModuleRefused where less is left, or a number is malformed. */
export class ModuleReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.done) throw new ModuleRefused('it ends too early');
    return this.bytes[this.at++]!;
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
