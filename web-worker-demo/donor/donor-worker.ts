/**
 * Turns the donor's settings into the options of this page's worker, at its start and while it runs.
 * @module
 */
import { Worker } from 'manyhands/worker';
import type { WorkerOptions } from 'manyhands/worker';
import { JOINED_GROUPS_MAX } from '../../src/entry/page.browser.js';
import type { Group, Settings } from './settings.js';

const MEBIBYTE = 1_048_576;
const PUBLIC_GROUP = { key: 'public' };

/** The limits of a site that embeds the page, and the groups that it adds. */
export interface HostLimits {
  cores?: number | undefined;
  share?: number | undefined;
  bytesPerDay?: number | undefined;
  groups?: readonly Group[] | undefined;
  /** Whether only jobs of groups run. Without a group it must be paused too: a worker in no group runs public jobs. */
  onlyGroups?: boolean | undefined;
  /** Whether nothing runs at all: the site's request has nothing in common with what its visitor agreed to. */
  paused?: boolean | undefined;
}

type Changing = Required<
  Pick<WorkerOptions, 'cores' | 'share' | 'blockedJobs' | 'blockedOwners' | 'allowOrigins' | 'bytesPerDay'>
> &
  Pick<WorkerOptions, 'groups' | 'paymentAddress' | 'hours'>;

/** `address`: who is paid, where somebody is. */
export function optionsOf(
  settings: Settings,
  address: string | undefined,
  limits: HostLimits = {},
): Changing {
  // A group that the visitor joined keeps the visitor's own secret.
  const brought = (limits.groups ?? []).filter(({ key }) => settings.groups.every((own) => own.key !== key));
  // The visitor's own groups come first; the site's groups are added up to the limit.
  const groups = [...settings.groups, ...brought].slice(0, JOINED_GROUPS_MAX).map((group) => ({ ...group }));
  const publicToo = settings.publicGroup && limits.onlyGroups !== true;
  const bytesPerDay = settings.mebibytesPerDay * MEBIBYTE;
  return {
    cores: Math.min(settings.cores, limits.cores ?? settings.cores),
    share: Math.min(settings.share, limits.share ?? 1),
    blockedJobs: settings.blockedJobs.map(({ id }) => id),
    blockedOwners: settings.blockedOwners,
    allowOrigins: settings.allowOrigins,
    bytesPerDay: Math.min(bytesPerDay, limits.bytesPerDay ?? bytesPerDay),
    // A worker without groups is in the public group.
    groups: groups.length === 0 ? undefined : publicToo ? [PUBLIC_GROUP, ...groups] : groups,
    paymentAddress: address,
    hours: settings.hours === '' ? undefined : settings.hours,
  };
}

export function makeWorker(options: WorkerOptions): Worker {
  return new Worker(options);
}

/** Sets only the options that differ. */
export function applyOptions(worker: Worker, before: Changing, after: Changing): void {
  for (const key of Object.keys(after) as (keyof Changing)[]) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    setOption(worker, key, after);
  }
}

function setOption<K extends keyof Changing>(worker: Worker, key: K, after: Changing): void {
  (worker.options as Changing)[key] = after[key];
}
