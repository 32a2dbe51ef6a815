/**
 * What was moved today (UTC), as the last worker told: it is shown, too, while none runs.
 * @module
 */
import type { PageStore } from './page-store.js';

const RECORD = 'bytes-today';
const DAY_MS = 86_400_000;

export class DayBytes {
  readonly #store: PageStore;
  readonly #wallMs: () => number;
  #day = -1;
  #bytes = 0;

  constructor(store: PageStore, wallMs: () => number) {
    this.#store = store;
    this.#wallMs = wallMs;
    this.#read();
    store.onChange(RECORD, () => this.#read());
  }

  /** `told`: what the worker says now, where there is one. */
  today(told: number | undefined): number {
    const day = Math.floor(this.#wallMs() / DAY_MS);
    if (day !== this.#day) this.#bytes = 0;
    this.#day = day;
    // The worker's sum is that of all workers of this browser: of two tabs the one that knows more is right.
    this.#bytes = Math.max(this.#bytes, told ?? 0);
    return this.#bytes;
  }

  save(): void {
    this.#read();
    this.#store.write(RECORD, { day: this.#day, bytes: this.#bytes });
  }

  /** What another tab wrote counts where it is more. */
  #read(): void {
    const kept = this.#store.read(RECORD);
    const { day, bytes } = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(day) || !Number.isSafeInteger(bytes) || (bytes as number) < 0) return;
    if ((day as number) < this.#day) return;
    this.#bytes = day === this.#day ? Math.max(this.#bytes, bytes as number) : (bytes as number);
    this.#day = day as number;
  }
}
