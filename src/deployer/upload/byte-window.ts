/**
 * A flow-control window: a sender waits while too many bytes are sent and not acknowledged. A message that is larger
 * than the window is sent alone.
 * @module
 */
import { deferred, type Deferred } from '../../lib/deferred.js';

export class ByteWindow {
  readonly #limit: number;
  readonly #countMax: number;
  readonly #waiting: { bytes: number; granted: Deferred<void> }[] = [];
  #bytes = 0;
  #count = 0;

  constructor(options: { bytesMax: number; countMax: number }) {
    this.#limit = options.bytesMax;
    this.#countMax = options.countMax;
  }

  /**
   * Acquires immediately and returns undefined, or returns a promise that resolves once the bytes are acquired. First
   * come, first served.
   */
  acquire(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#add(bytes);
      return undefined;
    }
    const granted = deferred();
    this.#waiting.push({ bytes, granted });
    return granted.promise;
  }

  /** Whether a caller is waiting. */
  get isFull(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves all waiting callers without acquiring, because nothing more is sent. */
  resolveWaiters(): void {
    for (const { granted } of this.#waiting.splice(0)) granted.resolve();
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#count--;
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0]!.bytes)) {
      const next = this.#waiting.shift()!;
      this.#add(next.bytes);
      next.granted.resolve();
    }
  }

  #fits(bytes: number): boolean {
    return this.#count === 0 || (this.#count < this.#countMax && this.#bytes + bytes <= this.#limit);
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    this.#count++;
  }
}
