/**
 * Bytes transferred today (UTC), as the last worker reported them; also shown while no worker runs.
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

  /** `reported`: the present worker's sum; undefined without a worker. */
  today(reported: number | undefined): number {
    const day = Math.floor(this.#wallMs() / DAY_MS);
    if (day !== this.#day) this.#bytes = 0;
    this.#day = day;
    // The worker's sum covers all workers of this browser: the greater of two tabs' sums is the right one.
    this.#bytes = Math.max(this.#bytes, reported ?? 0);
    return this.#bytes;
  }

  save(): void {
    this.#read();
    this.#store.write(RECORD, { day: this.#day, bytes: this.#bytes });
  }

  /** Takes the sum that another tab wrote, if it is greater. */
  #read(): void {
    const kept = this.#store.read(RECORD);
    const { day, bytes } = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(day) || !Number.isSafeInteger(bytes) || (bytes as number) < 0) return;
    if ((day as number) < this.#day) return;
    this.#bytes = day === this.#day ? Math.max(this.#bytes, bytes as number) : (bytes as number);
    this.#day = day as number;
  }
}
