/**
 * The message keys for a pause that begins or ends.
 * @module
 */
import type { PauseReason } from './donor-events.js';

const KNOWN: readonly string[] = [
  'battery',
  'metered',
  'active',
  'pressure',
  'bytes',
  'hours',
  'snooze',
  'site',
] satisfies PauseReason[];

export function pauseKey<W extends 'paused' | 'unpaused'>(
  reason: string,
  what: W,
): `log.${W}.${PauseReason}` {
  const known = KNOWN.includes(reason) ? (reason as PauseReason) : 'pressure';
  return `log.${what}.${known}`;
}
