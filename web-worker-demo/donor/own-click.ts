/**
 * Whether a press in the embedded document is the visitor's own: made by their hand, with the button in full view for a
 * while before. A site that lays something over the frame, or slides it under the pointer, gets no start.
 * @module
 */

/** How long the button must have been in view. */
export const SEEN_MS = 400;
/** What part of it. */
const SEEN_PART = 0.98;
/** How often a browser looks anew, at least what it asks for where it looks behind other elements too. */
const LOOK_EVERY_MS = 100;
/** A cover that comes with the press is seen by then. */
const CONFIRM_MS = 3 * LOOK_EVERY_MS;

/** The second version of the observer tells whether anything covers, fades or moves what it watches. */
type Entry = IntersectionObserverEntry & { isVisible?: boolean };
type Options = IntersectionObserverInit & { trackVisibility: boolean; delay: number };

export class OwnClick {
  /** Whether this browser tells what covers or fades the button; else only its place and its time in view guard it. */
  static readonly seesCovers = 'isVisible' in IntersectionObserverEntry.prototype;

  readonly #button: Element;
  readonly #observer: IntersectionObserver;
  #sinceMs: number | undefined;

  constructor(button: Element) {
    const options: Options = { threshold: [0, SEEN_PART, 1], trackVisibility: true, delay: LOOK_EVERY_MS };
    this.#button = button;
    this.#observer = new IntersectionObserver((entries) => {
      const last: Entry | undefined = entries.at(-1);
      const seen = last !== undefined && last.intersectionRatio >= SEEN_PART && last.isVisible !== false;
      this.#sinceMs = seen ? (this.#sinceMs ?? performance.now()) : undefined;
    }, options);
    this.#observer.observe(button);
  }

  accepts(event: Event): boolean {
    if (!event.isTrusted || document.visibilityState !== 'visible') return false;
    if (navigator.userActivation?.isActive === false) return false;
    if (this.#isSeen()) return true;
    this.#lookAnew();
    return false;
  }

  /** The same, and that the button stayed in view for a moment after the press. */
  async confirms(event: Event): Promise<boolean> {
    if (!this.accepts(event)) return false;
    await new Promise((resolve) => void setTimeout(resolve, CONFIRM_MS));
    if (this.#isSeen()) return true;
    this.#lookAnew();
    return false;
  }

  /** An observer tells of changes alone: a busy browser that missed one would refuse every press after it. */
  #lookAnew(): void {
    if (this.#sinceMs !== undefined) return;
    this.#observer.unobserve(this.#button);
    this.#observer.observe(this.#button);
  }

  #isSeen(): boolean {
    return this.#sinceMs !== undefined && performance.now() - this.#sinceMs >= SEEN_MS;
  }
}
