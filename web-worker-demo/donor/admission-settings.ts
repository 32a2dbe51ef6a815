/**
 * Which settings decide whose jobs run: when they change, the worker has to ask about all job owners again.
 * @module
 */
import type { Settings } from './settings.js';

type AdmissionSettings = Pick<Settings, 'askBeforeNewOwner' | 'admittedOwners' | 'blockedOwners'>;

/** Whether some owner may get another answer than before. A newly blocked owner is stopped without asking. */
export function admissionChanged(before: AdmissionSettings, after: AdmissionSettings): boolean {
  if (before.askBeforeNewOwner !== after.askBeforeNewOwner) return true;
  if (before.blockedOwners.some((owner) => !after.blockedOwners.includes(owner))) return true;
  if (!after.askBeforeNewOwner) return false;
  return before.admittedOwners.join() !== after.admittedOwners.join();
}
