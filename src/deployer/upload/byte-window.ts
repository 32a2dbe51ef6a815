/**
 * A window of bytes in flight: whoever wants to send waits until what was sent before was acknowledged. What is
 * larger than the window goes alone.
 * @module
 */
import { deferred, type Deferred } from '../../lib/deferred.js';

export class ByteWindow {
  readonly #limit: number;
  readonly #countMax: number;
  readonly #waiting: { bytes: number; turn: Deferred<void> }[] = [];
  #bytes = 0;
  #count = 0;

  constructor(options: { bytesMax: number; countMax: number }) {
    this.#limit = options.bytesMax;
    this.#countMax = options.countMax;
  }

  /** Bytes that are acquired and not released. */
  get bytesInFlight(): number {
    return this.#bytes;
  }

  /** Acquires at once and returns undefined, or returns a promise of the turn. First come, first served. */
  acquire(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#take(bytes);
      return undefined;
    }
    const turn = deferred();
    this.#waiting.push({ bytes, turn });
    return turn.promise;
  }

  /** Whether somebody waits for a turn. */
  get isFull(): boolean {
    return this.#waiting.length > 0;
  }

  /** Nothing is sent any more: gives everybody who waits a turn, to find that out. */
  abandon(): void {
    for (const { turn } of this.#waiting.splice(0)) turn.resolve();
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#count--;
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0]!.bytes)) {
      const next = this.#waiting.shift()!;
      this.#take(next.bytes);
      next.turn.resolve();
    }
  }

  #fits(bytes: number): boolean {
    return this.#count === 0 || (this.#count < this.#countMax && this.#bytes + bytes <= this.#limit);
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    this.#count++;
  }
}
