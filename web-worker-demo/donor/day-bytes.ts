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
    const kept = store.read(RECORD);
    const { day, bytes } = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(day) || !Number.isSafeInteger(bytes) || (bytes as number) < 0) return;
    this.#day = day as number;
    this.#bytes = bytes as number;
  }

  /** `told`: what the worker says now, where there is one. */
  today(told: number | undefined): number {
    const day = Math.floor(this.#wallMs() / DAY_MS);
    if (told !== undefined || day !== this.#day) {
      this.#bytes = told ?? 0;
      this.#day = day;
    }
    return this.#bytes;
  }

  save(): void {
    this.#store.write(RECORD, { day: this.#day, bytes: this.#bytes });
  }
}
