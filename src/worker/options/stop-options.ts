/**
 * Options of `stop`: end at once, or after a grace period.
 * @module
 */
import { readOptions } from '../../lib/options.js';
import { invalid } from './option-checks.js';

export interface StopOptions {
  /** Kill all sandboxes and release all leases at once. @default false */
  force?: boolean;
  /** How long sandboxes may work on to finish their batches, milliseconds, 0 to 86,400,000. @default 5_000 */
  graceMs?: number;
}

/** Default of `graceMs`, milliseconds. */
export const STOP_GRACE_MS = 5_000;
/** One day, milliseconds: longer than any slice should take. */
const STOP_GRACE_MS_MAX = 86_400_000;

/** @throws INVALID_ARGUMENT where `graceMs` is not a number in that range */
export function checkStop(options: StopOptions): Required<StopOptions> {
  const given = readOptions<StopOptions>(options, 'worker.stop', { force: true, graceMs: true });
  const { force = false, graceMs = STOP_GRACE_MS } = given;
  if (typeof force !== 'boolean') throw invalid('force', 'true or false', force);
  if (graceMs >= 0 && graceMs <= STOP_GRACE_MS_MAX) return { force, graceMs };
  throw invalid('graceMs', `a number from 0 to ${STOP_GRACE_MS_MAX}`, graceMs);
}
