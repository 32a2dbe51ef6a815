/**
 * How long a site wants to be left alone.
 * @module
 */
import { RETRY_AFTER_MS_MAX } from '../protocol/limits.js';

/** Where a site that is asked too often does not say how long, or a browser does not let us read it; milliseconds. */
const UNSAID_MS = 30_000;
const LEAST_MS = 1_000;

/**
 * Milliseconds until that site may be asked again; undefined where it does not mind. `Retry-After` is seconds or a
 * date, and never believed for more than `RETRY_AFTER_MS_MAX`.
 */
export function closedMs(status: number, retryAfter: string | null, wallMs: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const said = (retryAfter ?? '').trim();
  const ms = /^\d+$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - wallMs;
  if (Number.isNaN(ms)) return status === 429 ? UNSAID_MS : undefined;
  return Math.min(Math.max(ms, LEAST_MS), RETRY_AFTER_MS_MAX);
}
