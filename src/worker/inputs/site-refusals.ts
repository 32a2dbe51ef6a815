/**
 * How long a site, or one address of it, has answered nothing but that it wants to be left alone. That costs no slice
 * anything for a while, and is a failure of the address when it has no end.
 * @module
 */
import { SITE_GIVE_UP_REFUSALS, SITE_GIVE_UP_MS } from '../../protocol/limits.js';

/** What is remembered at a time; the oldest is forgotten first. */
const KEYS_MAX = 4_096;

interface Refused {
  readonly sinceMs: number;
  times: number;
}

export class SiteRefusals {
  readonly #nowMs: () => number;
  readonly #refused = new Map<string, Refused>();

  /** `nowMs`: monotonic. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** It was refused, once more. */
  refuse(key: string): void {
    const before = this.#refused.get(key) ?? { sinceMs: this.#nowMs(), times: 0 };
    this.#refused.delete(key);
    this.#refused.set(key, { ...before, times: before.times + 1 });
    if (this.#refused.size > KEYS_MAX) this.#refused.delete(this.#refused.keys().next().value!);
  }

  /** It gave something. */
  accept(key: string): void {
    this.#refused.delete(key);
  }

  /** Where it has been refused for too long: how often and since when, in words. */
  endless(key: string): string | undefined {
    const { sinceMs, times } = this.#refused.get(key) ?? { sinceMs: 0, times: 0 };
    const ms = this.#nowMs() - sinceMs;
    if (times < SITE_GIVE_UP_REFUSALS || ms < SITE_GIVE_UP_MS) return undefined;
    return `for ${Math.floor(ms / 60_000)} minutes it has answered, ${times} times, that it wants to be left alone`;
  }
}
