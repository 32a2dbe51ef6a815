/**
 * What a site around the embedded document requests, and what of it its visitor has agreed to. A site may lower its
 * request at any time; a higher one takes effect only when the visitor presses Start again.
 * @module
 */
import { readJoin, type SiteMessage } from 'manyhands/element';
import type { HostLimits } from './donor-worker.js';
import type { Group } from './settings.js';

type Configure = Extract<SiteMessage, { type: 'configure' }>;

/** The limits and groups that a site requests. */
export interface SiteRequest extends HostLimits {
  readonly groups: readonly Group[];
}

/** A site that requests jobs of its own groups only, and names no group, gets no jobs at all: never the public ones. */
export function readSiteRequest({ cores, share, bytesPerDay, join, onlyGroups }: Configure): SiteRequest {
  const groups = readJoin(join).groups.map(({ joinKey, joinSecret }) =>
    joinSecret === undefined ? { key: joinKey } : { key: joinKey, secret: joinSecret },
  );
  const request: SiteRequest = { cores, share, bytesPerDay, groups, onlyGroups: onlyGroups === true };
  return request.onlyGroups === true && groups.length === 0 ? { ...request, paused: true } : request;
}

/** The lower of both in each field: what applies while the worker runs. Without a common job it is paused. */
export function narrow(agreed: SiteRequest, now: SiteRequest): SiteRequest {
  const caps = {
    cores: least(agreed.cores, now.cores),
    share: least(agreed.share, now.share),
    bytesPerDay: least(agreed.bytesPerDay, now.bytesPerDay),
  };
  const groups = agreed.groups.filter(({ key }) => now.groups.some((group) => group.key === key));
  const onlyGroups = agreed.onlyGroups === true || now.onlyGroups === true;
  const isPaused = agreed.paused === true || now.paused === true;
  if (!isPaused && (!onlyGroups || groups.length > 0)) return { ...caps, groups, onlyGroups };
  // A worker without groups runs public jobs: a paused one stays in the groups that were agreed to.
  return { ...caps, groups: agreed.groups, onlyGroups: agreed.onlyGroups, paused: true };
}

/** Whether both requests are equal, in every field that a visitor reads. */
export function isSameRequest(one: SiteRequest, other: SiteRequest): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined) return other;
  return other === undefined ? one : Math.min(one, other);
}
