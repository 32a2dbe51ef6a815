/**
 * Who may come in: when that changes, the worker has to ask about everybody again, whatever it took for an answer.
 * @module
 */
import type { Settings } from './settings.js';

type Door = Pick<Settings, 'askBeforeNewOwner' | 'admittedOwners' | 'blockedOwners'>;

/** Whether somebody may be treated otherwise than before. Who is newly blocked is stopped without a question. */
export function isOtherDoor(before: Door, after: Door): boolean {
  if (before.askBeforeNewOwner !== after.askBeforeNewOwner) return true;
  if (before.blockedOwners.some((owner) => !after.blockedOwners.includes(owner))) return true;
  if (!after.askBeforeNewOwner) return false;
  return before.admittedOwners.join() !== after.admittedOwners.join();
}
