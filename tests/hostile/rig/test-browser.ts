/**
 * What the escape tests ask of a browser, or of what stands in its place, and the names that they watch.
 * @module
 */

/** Names under this are the listener's, where the browser lets them be mapped. */
export const LISTENER_NAMES = 'escape.test';
/** Names under this are nobody's: to ask for one is to be seen. */
export const WATCHED_NAMES = 'escape.invalid';

export interface TestBrowser {
  readonly name: 'chromium' | 'firefox';
  open(url: string): Promise<void>;
  evaluate<T>(code: string): Promise<T>;
  /** Opens a page beside the other, and answers how to evaluate code in it. */
  beside(url: string): Promise<<T>(code: string) => Promise<T>>;
  /** Bytes of memory that all its processes hold; 0 where that cannot be told. */
  memory(): Promise<number>;
  /** Ends it; the watched names that it asked for, where it can tell. */
  close(): Promise<string[]>;
}
