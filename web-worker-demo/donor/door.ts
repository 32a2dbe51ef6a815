/**
 * How hard it is to come in: when it gets harder while somebody computes here, they are asked about again.
 * @module
 */
import type { Settings } from './settings.js';

type Door = Pick<Settings, 'askBeforeNewOwner' | 'admittedOwners'>;

/** Whether somebody who came in under the former settings would be asked about, or kept out, by these. */
export function isStricter(before: Door, after: Door): boolean {
  if (!after.askBeforeNewOwner) return false;
  const known = new Set(after.admittedOwners);
  return !before.askBeforeNewOwner || before.admittedOwners.some((owner) => !known.has(owner));
}
