/**
 * The visitor's standing consent that a site may start the worker: for that site, and for no more than it requested then.
 * @module
 */
import type { PageStore } from './page-store.js';
import { JOINED_GROUPS_MAX } from '../../src/entry/page.browser.js';
import { LISTED_MAX, type Group } from './settings.js';
import type { SiteRequest } from './site-request.js';

interface Consent {
  origin: string;
  cores?: number | undefined;
  share?: number | undefined;
  bytesPerDay?: number | undefined;
  onlyGroups: boolean;
  /** Keys of the site's groups when consent was given. */
  groups: string[];
}

const RECORD = 'always';

export class StandingConsent {
  readonly #store: PageStore;

  constructor(store: PageStore) {
    this.#store = store;
  }

  /** What that site may start: its request at the time of consent, with its groups' present secrets; undefined without consent. */
  termsFor(origin: string | undefined, groups: readonly Group[] = []): SiteRequest | undefined {
    const found = this.#all().find((one) => one.origin === origin);
    if (found === undefined) return undefined;
    const { cores, share, bytesPerDay, onlyGroups } = found;
    const named = found.groups.map((key) => groups.find((group) => group.key === key) ?? { key });
    return { cores, share, bytesPerDay, onlyGroups, groups: named };
  }

  /** Stores consent to what the site requests now, and replaces an earlier one. */
  grant(origin: string, { cores, share, bytesPerDay, onlyGroups, groups }: SiteRequest): void {
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

  revoke(origin: string): void {
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

/** Former versions stored consent without its terms: it does not count. */
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
