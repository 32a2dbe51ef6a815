/**
 * Writes the lines of slices to a stream, in the order of the slices or as they come. Lines are collected and written in blocks.
 * @module
 */
import type { Writable } from 'node:stream';

/** UTF-16 units that are collected before they are written. */
const BLOCK_LENGTH = 64 * 1024;

export class OrderedWriter {
  readonly #stream: Writable;
  readonly #isOrdered: boolean;
  /** Lines of slices that wait for an earlier one. */
  readonly #waiting = new Map<number, string>();
  #next = 1;
  #lines: string[] = [];
  #length = 0;
  #isFlushDue = false;
  #drained: Promise<void> | undefined;

  constructor(stream: Writable, isOrdered: boolean) {
    this.#stream = stream;
    this.#isOrdered = isOrdered;
  }

  /** Number of lines that wait for an earlier slice. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes the text of a slice, counted from 1; an empty text writes nothing.
   * @returns a promise that resolves when more may be written, if the stream is full
   */
  write(slice: number, text: string): Promise<void> | undefined {
    if (!this.#isOrdered) this.#add(text);
    else if (slice !== this.#next) this.#waiting.set(slice, text);
    else this.#addInOrder(text);
    if (this.#length >= BLOCK_LENGTH) this.#flush();
    else if (this.#length > 0) this.#flushSoon();
    return this.#drained;
  }

  /** Writes what was collected, in order; resolves when the stream has taken it. */
  async end(): Promise<void> {
    for (const slice of [...this.#waiting.keys()].sort((a, b) => a - b)) this.#add(this.#waiting.get(slice)!);
    this.#waiting.clear();
    this.#flush();
    await this.#drained;
  }

  #addInOrder(text: string): void {
    this.#add(text);
    this.#next++;
    if (this.#waiting.size === 0) return;
    for (let next = this.#waiting.get(this.#next); next !== undefined; next = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next++);
      this.#add(next);
    }
  }

  #add(text: string): void {
    if (text === '') return;
    this.#lines.push(text);
    this.#length += text.length;
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#length === 0) return;
    const block = this.#lines.join('');
    this.#lines = [];
    this.#length = 0;
    if (this.#stream.write(block) || this.#drained !== undefined) return;
    this.#drained = new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done).off('close', done).off('error', done);
        this.#drained = undefined;
        resolve();
      };
      this.#stream.on('drain', done).on('close', done).on('error', done);
    });
  }
}
