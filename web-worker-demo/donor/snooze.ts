/**
 * A pause that the donor chose, until a certain time. It applies in all tabs of this browser, and after a reload.
 * @module
 */

/** The longest delay of a browser's timer, milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class Snooze {
  readonly #notify: (holds: boolean) => void;
  #holds = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(notify: (holds: boolean) => void) {
    this.#notify = notify;
  }

  get holds(): boolean {
    return this.#holds;
  }

  /** `untilMs`: milliseconds since 1970. */
  follow(untilMs: number): void {
    clearTimeout(this.#timer);
    const leftMs = untilMs - Date.now();
    if (leftMs > 0) this.#timer = setTimeout(() => this.follow(untilMs), Math.min(leftMs, TIMER_MS_MAX));
    this.#set(leftMs > 0);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#holds = false;
  }

  #set(holds: boolean): void {
    if (this.#holds === holds) return;
    this.#holds = holds;
    this.#notify(holds);
  }
}
