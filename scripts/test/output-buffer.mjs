/**
 * What a program printed, bounded: its beginning, where the cause often stands, and its end, where the sum does.
 * @module
 */

const HEAD_BYTES_MAX = 24 * 1024;
const TAIL_BYTES_MAX = 40 * 1024;

export class OutputBuffer {
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #dropped = 0;

  /** @param {Buffer} bytes */
  append(bytes) {
    const room = HEAD_BYTES_MAX - this.#head.length;
    if (room > 0) this.#head = Buffer.concat([this.#head, bytes.subarray(0, room)]);
    if (bytes.length <= room) return;
    const tail = Buffer.concat([this.#tail, bytes.subarray(Math.max(room, 0))]);
    const excess = Math.max(tail.length - TAIL_BYTES_MAX, 0);
    this.#dropped += excess;
    this.#tail = tail.subarray(excess);
  }

  text() {
    const gap = this.#dropped > 0 ? `\n… ${this.#dropped} bytes left out …\n` : '';
    return this.#head.toString('utf8') + gap + this.#tail.toString('utf8');
  }
}
