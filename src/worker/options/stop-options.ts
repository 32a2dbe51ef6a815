/**
 * How a worker is stopped: at once, or with time for what runs.
 * @module
 */
import { readOptions } from '../../lib/options.js';
import { invalid } from './option-checks.js';

export interface StopOptions {
  /** Kill all sandboxes and hand everything back at once. @default false */
  force?: boolean;
  /** How long sandboxes may finish what they have been given, milliseconds, 0 to 86,400,000. @default 5_000 */
  graceMs?: number;
}

/** How long `stop()` lets sandboxes finish what they have been given where nobody said, milliseconds. */
export const STOP_GRACE_MS = 5_000;
/** A day: longer than any slice should take. Milliseconds. */
const STOP_GRACE_MS_MAX = 86_400_000;

/** @throws INVALID_ARGUMENT where `graceMs` is no number of that range */
export function checkStop(options: StopOptions): Required<StopOptions> {
  const given = readOptions<StopOptions>(options, 'worker.stop', { force: true, graceMs: true });
  const { force = false, graceMs = STOP_GRACE_MS } = given;
  if (typeof force !== 'boolean') throw invalid('force', 'true or false', force);
  if (graceMs >= 0 && graceMs <= STOP_GRACE_MS_MAX) return { force, graceMs };
  throw invalid('graceMs', `a number from 0 to ${STOP_GRACE_MS_MAX}`, graceMs);
}
