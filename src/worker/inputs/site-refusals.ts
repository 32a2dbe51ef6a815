/**
 * Tracks for how long an origin, or one address, has only asked clients to wait. For a while this costs slices nothing;
 * after that the address counts as failed.
 * @module
 */
import { setNewest } from '../../lib/bounded-map.js';
import { SITE_GIVE_UP_REFUSALS, SITE_GIVE_UP_MS } from '../../protocol/limits.js';

/** Maximum number of keys; the oldest is removed first. */
const KEYS_MAX = 4_096;

interface Refused {
  readonly sinceMs: number;
  times: number;
}

export class SiteRefusals {
  readonly #nowMs: () => number;
  readonly #refused = new Map<string, Refused>();

  /** `nowMs`: monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Records one more refusal. */
  record(key: string): void {
    const before = this.#refused.get(key) ?? { sinceMs: this.#nowMs(), times: 0 };
    setNewest(this.#refused, key, { ...before, times: before.times + 1 }, KEYS_MAX);
  }

  /** The key was served: its refusals are removed. */
  clear(key: string): void {
    this.#refused.delete(key);
  }

  /** A description of number and duration, if the key has been refused for too long; else undefined. */
  describePersistent(key: string): string | undefined {
    const { sinceMs, times } = this.#refused.get(key) ?? { sinceMs: 0, times: 0 };
    const ms = this.#nowMs() - sinceMs;
    if (times < SITE_GIVE_UP_REFUSALS || ms < SITE_GIVE_UP_MS) return undefined;
    return `for ${Math.floor(ms / 60_000)} minutes it has only asked clients to wait, ${times} times`;
  }
}
