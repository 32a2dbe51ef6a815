/**
 * Reads MessagePack's scalars from untrusted bytes: every length is checked against the remaining bytes before anything is
 * allocated for it. It reads bytes, numbers and text, not objects.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { readKey, readUtf8 } from './values-text.js';

const TWO_32 = 2 ** 32;

export class ByteSource {
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;
  protected pos = 0;
  protected end = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  protected bad(what: string, cause?: unknown): ManyhandsError {
    return new ManyhandsError(
      'VALUE_MALFORMED',
      `not an encoded value: ${what} (at byte ${this.pos})`,
      { at: this.pos },
      cause === undefined ? undefined : { cause },
    );
  }

  /** Advances by `n` bytes and returns where they begin. */
  protected take(n: number): number {
    const at = this.pos;
    if (n > this.end - at) throw this.bad(`${n} bytes expected, ${this.end - at} left`);
    this.pos = at + n;
    return at;
  }

  protected long(signed: boolean): number {
    const at = this.take(8);
    const high = signed ? this.view.getInt32(at) : this.view.getUint32(at);
    const n = high * TWO_32 + this.view.getUint32(at + 4);
    if (!Number.isSafeInteger(n)) throw this.bad('an integer past 2^53');
    return n;
  }

  /** A length of 1, 2 or 4 bytes (`size` 0, 1, 2). */
  protected length(size: number): number {
    if (size === 0) return this.bytes[this.take(1)]!;
    return size === 1 ? this.view.getUint16(this.take(2)) : this.view.getUint32(this.take(4));
  }

  protected string(length: number): string {
    const at = this.take(length);
    try {
      return readUtf8(this.bytes, at, length);
    } catch (error) {
      throw this.bad('text that is not UTF-8', error);
    }
  }

  protected copy(length: number): Uint8Array<ArrayBuffer> {
    const at = this.take(length);
    const copy = new Uint8Array(length);
    copy.set(this.bytes.subarray(at, at + length));
    return copy;
  }

  /** Throws where the remaining bytes cannot hold so many items, before anything is allocated for them. */
  protected checkCount(items: number): void {
    if (items > this.end - this.pos)
      throw this.bad(`${items} items announced, ${this.end - this.pos} bytes left`);
  }

  protected key(): string | undefined {
    const head = this.bytes[this.pos]!;
    if (head >= 0xa0 && head < 0xc0) {
      const at = this.take(1 + (head & 31)) + 1;
      try {
        return readKey(this.bytes, at, head & 31);
      } catch (error) {
        throw this.bad('a key that is not UTF-8', error);
      }
    }
    return undefined;
  }

  protected utf16(length: number): string {
    if (length % 2 !== 0) throw this.bad('UTF-16 text of an odd length');
    const at = this.take(length);
    let text = '';
    for (let i = at; i < at + length; i += 8192) {
      const units: number[] = [];
      for (let j = i; j < Math.min(i + 8192, at + length); j += 2) units.push(this.view.getUint16(j));
      text += String.fromCharCode(...units);
    }
    return text;
  }
}
