/**
 * How long a server asks clients to wait before the next request (`Retry-After`).
 * @module
 */
import { RETRY_AFTER_MS_MAX } from '../../protocol/limits.js';

/** Used where a server that refuses requests gives no time, or a browser does not expose the header; milliseconds. */
const RETRY_MS_DEFAULT = 30_000;
const RETRY_MS_MIN = 1_000;

/**
 * Milliseconds until that server accepts requests again; undefined where the status is neither 429 nor 503 with a time.
 * `Retry-After` is a number of seconds or a date, and is capped at `RETRY_AFTER_MS_MAX`.
 */
export function retryAfterMs(status: number, retryAfter: string | null, wallMs: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const value = (retryAfter ?? '').trim();
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - wallMs;
  if (Number.isNaN(ms)) return status === 429 ? RETRY_MS_DEFAULT : undefined;
  return Math.min(Math.max(ms, RETRY_MS_MIN), RETRY_AFTER_MS_MAX);
}
