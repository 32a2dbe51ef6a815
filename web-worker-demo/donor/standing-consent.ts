/**
 * The visitor's word that a site may start by itself: for that site, and for no more groups than it named then.
 * @module
 */
import type { PageStore } from './page-store.js';
import { GROUPS_LISTED_MAX, LISTED_MAX, type Group } from './settings.js';

interface Consent {
  origin: string;
  /** Keys of the site's groups when the word was given. */
  groups: string[];
}

const RECORD = 'always';

export class StandingConsent {
  readonly #store: PageStore;

  constructor(store: PageStore) {
    this.#store = store;
  }

  holds(origin: string | undefined, groups: readonly Group[]): boolean {
    const given = this.#all().find((one) => one.origin === origin);
    return given !== undefined && groups.every(({ key }) => given.groups.includes(key));
  }

  set(origin: string, given: boolean, groups: readonly Group[]): void {
    const others = this.#all().filter((one) => one.origin !== origin);
    const mine = { origin, groups: groups.map(({ key }) => key) };
    this.#store.write(RECORD, given ? [...others, mine] : others);
  }

  #all(): Consent[] {
    const stored = this.#store.read(RECORD);
    if (!Array.isArray(stored)) return [];
    return stored
      .slice(0, LISTED_MAX)
      .map(readConsent)
      .filter((one) => one !== undefined);
  }
}

function readConsent(value: unknown): Consent | undefined {
  // As it was kept before a site could name groups.
  if (typeof value === 'string') return { origin: value, groups: [] };
  if (typeof value !== 'object' || value === null) return undefined;
  const { origin, groups } = value as Record<string, unknown>;
  if (typeof origin !== 'string' || !Array.isArray(groups)) return undefined;
  return { origin, groups: groups.filter((key) => typeof key === 'string').slice(0, GROUPS_LISTED_MAX) };
}
