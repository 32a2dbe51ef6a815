/**
 * What a site around the embedded document asks for, against what its visitor has seen. A site may always ask for less;
 * what it asks for more than stood there when the visitor pressed start counts from their next press.
 * @module
 */
import type { SiteMessage } from 'manyhands/element';
import type { HostLimits } from './donor-worker.js';
import { parseJoin } from './join-link.js';
import { GROUPS_LISTED_MAX, type Group } from './settings.js';

type Configure = Extract<SiteMessage, { type: 'configure' }>;

/** A site's wish, read. */
export interface Wish extends HostLimits {
  readonly groups: readonly Group[];
}

/** Groups of an attribute: `key,secret` or links that join one, with spaces between. What is neither is left out. */
export function parseGroups(join: string | undefined): Group[] {
  const found = new Map<string, Group>();
  for (const part of (join ?? '').split(/\s+/)) {
    const at = part.indexOf('#join=');
    const group = parseJoin(at < 0 ? `#join=${part}` : part.slice(at));
    if (group !== undefined) found.set(group.key, group);
  }
  return [...found.values()].slice(0, GROUPS_LISTED_MAX);
}

export function readWish({ cores, share, bytesPerDay, join, onlyGroups }: Configure): Wish {
  const groups = parseGroups(join);
  return { cores, share, bytesPerDay, groups, onlyGroups: onlyGroups === true && groups.length > 0 };
}

/** The less of both, in each respect: what is in force while it runs. Where they have no job in common it rests. */
export function narrow(agreed: Wish, now: Wish): Wish {
  const caps = {
    cores: least(agreed.cores, now.cores),
    share: least(agreed.share, now.share),
    bytesPerDay: least(agreed.bytesPerDay, now.bytesPerDay),
  };
  const groups = agreed.groups.filter(({ key }) => now.groups.some((group) => group.key === key));
  const onlyGroups = agreed.onlyGroups === true || now.onlyGroups === true;
  if (!onlyGroups || groups.length > 0) return { ...caps, groups, onlyGroups };
  // A worker without groups runs everybody's jobs: a resting one stays in those that were agreed to.
  return { ...caps, groups: agreed.groups, onlyGroups: agreed.onlyGroups, rest: true };
}

/** Whether both say the same to a visitor who reads them. */
export function sameWish(one: Wish, other: Wish): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined) return other;
  return other === undefined ? one : Math.min(one, other);
}
