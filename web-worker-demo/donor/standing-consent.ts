/**
 * The visitor's word that a site may start by itself: for that site, and for no more than it asked for then.
 * @module
 */
import type { PageStore } from './page-store.js';
import { JOINED_GROUPS_MAX } from '../../src/entry/page.browser.js';
import { LISTED_MAX, type Group } from './settings.js';
import type { Wish } from './site-wish.js';

interface Consent {
  origin: string;
  cores?: number | undefined;
  share?: number | undefined;
  bytesPerDay?: number | undefined;
  onlyGroups: boolean;
  /** Keys of the site's groups when the word was given. */
  groups: string[];
}

const RECORD = 'always';

export class StandingConsent {
  readonly #store: PageStore;

  constructor(store: PageStore) {
    this.#store = store;
  }

  /** What that site may start, as it was asked for then, with the secrets that its groups have now; nothing without a word. */
  given(origin: string | undefined, groups: readonly Group[] = []): Wish | undefined {
    const found = this.#all().find((one) => one.origin === origin);
    if (found === undefined) return undefined;
    const { cores, share, bytesPerDay, onlyGroups } = found;
    const named = found.groups.map((key) => groups.find((group) => group.key === key) ?? { key });
    return { cores, share, bytesPerDay, onlyGroups, groups: named };
  }

  /** Gives the word for what the site asks for, in place of a former one. */
  give(origin: string, { cores, share, bytesPerDay, onlyGroups, groups }: Wish): void {
    const keys = groups.map(({ key }) => key);
    const mine: Consent = {
      origin,
      cores,
      share,
      bytesPerDay,
      onlyGroups: onlyGroups === true,
      groups: keys,
    };
    this.#store.write(RECORD, [...this.#others(origin), mine]);
  }

  takeBack(origin: string): void {
    this.#store.write(RECORD, this.#others(origin));
  }

  #others(origin: string): Consent[] {
    return this.#all().filter((one) => one.origin !== origin);
  }

  #all(): Consent[] {
    const stored = this.#store.read(RECORD);
    if (!Array.isArray(stored)) return [];
    return stored
      .slice(-LISTED_MAX)
      .map(readConsent)
      .filter((one) => one !== undefined);
  }
}

/** A word without its terms, as former versions kept it, is none. */
function readConsent(value: unknown): Consent | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { origin, groups, onlyGroups, cores, share, bytesPerDay } = value as Record<string, unknown>;
  if (typeof origin !== 'string' || !Array.isArray(groups) || typeof onlyGroups !== 'boolean')
    return undefined;
  const caps = [cores, share, bytesPerDay];
  if (!caps.every(isCap)) return undefined;
  const keys = groups.filter((key) => typeof key === 'string').slice(0, JOINED_GROUPS_MAX);
  return { origin, cores: caps[0], share: caps[1], bytesPerDay: caps[2], onlyGroups, groups: keys };
}

function isCap(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value > 0);
}
