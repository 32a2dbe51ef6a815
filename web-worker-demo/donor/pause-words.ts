/**
 * Which message says that the worker pauses for a reason, or goes on.
 * @module
 */
import type { RestReason } from './donor-events.js';

const KNOWN: readonly string[] = [
  'battery',
  'metered',
  'active',
  'pressure',
  'bytes',
  'hours',
  'snooze',
  'site',
] satisfies RestReason[];

export function pauseKey<W extends 'paused' | 'unpaused'>(reason: string, what: W): `log.${W}.${RestReason}` {
  const known = KNOWN.includes(reason) ? (reason as RestReason) : 'pressure';
  return `log.${what}.${known}`;
}
