/**
 * Protects a button of the embedded document against clickjacking: a click counts only if the browser trusts it and the
 * button was fully visible for some time before it. A site that covers the frame, or moves it under the pointer, cannot
 * start the worker.
 * @module
 */

/** How long the button must have been visible, milliseconds. */
export const VISIBLE_MS = 400;
/** How much of its area. */
const VISIBLE_RATIO = 0.98;
/** How often the observer checks, milliseconds; the least that browsers accept with `trackVisibility`. */
const POLL_MS = 100;
/** An element that covers the button at the moment of the click is detected by then, milliseconds. */
const CONFIRM_MS = 3 * POLL_MS;

/** Version 2 of the observer reports whether anything covers, fades or transforms the observed element. */
type Entry = IntersectionObserverEntry & { isVisible?: boolean };
type Options = IntersectionObserverInit & { trackVisibility: boolean; delay: number };

export class UserGesture {
  /** Whether this browser detects what covers the button; otherwise only its position and time in view are checked. */
  static readonly detectsCovers = 'isVisible' in IntersectionObserverEntry.prototype;

  readonly #button: Element;
  readonly #observer: IntersectionObserver;
  #sinceMs: number | undefined;

  constructor(button: Element) {
    const options: Options = { threshold: [0, VISIBLE_RATIO, 1], trackVisibility: true, delay: POLL_MS };
    this.#button = button;
    this.#observer = new IntersectionObserver((entries) => {
      const last: Entry | undefined = entries.at(-1);
      const seen = last !== undefined && last.intersectionRatio >= VISIBLE_RATIO && last.isVisible !== false;
      this.#sinceMs = seen ? (this.#sinceMs ?? performance.now()) : undefined;
    }, options);
    this.#observer.observe(button);
  }

  /** Whether the click is trusted and the button has been visible for `VISIBLE_MS`. */
  accepts(event: Event): boolean {
    if (!event.isTrusted || document.visibilityState !== 'visible') return false;
    if (navigator.userActivation?.isActive === false) return false;
    if (this.#isSeen()) return true;
    this.#observeAgain();
    return false;
  }

  /** As `accepts`, and the button also stayed visible for a moment after the click. */
  async confirms(event: Event): Promise<boolean> {
    if (!this.accepts(event)) return false;
    await new Promise((resolve) => void setTimeout(resolve, CONFIRM_MS));
    if (this.#isSeen()) return true;
    this.#observeAgain();
    return false;
  }

  /** The observer reports changes only: if a busy browser missed one, every later click would be refused. */
  #observeAgain(): void {
    if (this.#sinceMs !== undefined) return;
    this.#observer.unobserve(this.#button);
    this.#observer.observe(this.#button);
  }

  #isSeen(): boolean {
    return this.#sinceMs !== undefined && performance.now() - this.#sinceMs >= VISIBLE_MS;
  }
}
