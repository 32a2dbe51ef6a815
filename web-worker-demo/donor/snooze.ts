/**
 * A pause that the donor wanted until some time of the day. It holds in all tabs of this browser, and over a reload.
 * @module
 */

/** What a timer of a browser takes at most. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class Snooze {
  readonly #tell: (holds: boolean) => void;
  #holds = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (holds: boolean) => void) {
    this.#tell = tell;
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
    this.#tell(holds);
  }
}
