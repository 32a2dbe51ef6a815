/**
 * What a site around the embedded document asks for, against what its visitor has seen. A site may always ask for less;
 * what it asks for more than stood there when the visitor pressed start counts from their next press.
 * @module
 */
import { readJoin, type SiteMessage } from 'manyhands/element';
import type { HostLimits } from './donor-worker.js';
import type { Group } from './settings.js';

type Configure = Extract<SiteMessage, { type: 'configure' }>;

/** A site's wish, read. */
export interface Wish extends HostLimits {
  readonly groups: readonly Group[];
}

/** A site that wants jobs of its groups alone, and names none, gets nothing: not everybody's jobs in their place. */
export function readWish({ cores, share, bytesPerDay, join, onlyGroups }: Configure): Wish {
  const groups = readJoin(join).groups.map(({ joinKey, joinSecret }) =>
    joinSecret === undefined ? { key: joinKey } : { key: joinKey, secret: joinSecret },
  );
  const wish: Wish = { cores, share, bytesPerDay, groups, onlyGroups: onlyGroups === true };
  return wish.onlyGroups === true && groups.length === 0 ? { ...wish, rest: true } : wish;
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
  const rests = agreed.rest === true || now.rest === true;
  if (!rests && (!onlyGroups || groups.length > 0)) return { ...caps, groups, onlyGroups };
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
