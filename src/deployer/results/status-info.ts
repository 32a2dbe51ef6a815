/**
 * A job in numbers as callers see it, with a JSON form: amounts of credits are big integers, which JSON does not have.
 * @module
 */
import type { JobStatus } from '../../protocol/messages/messages.js';
import type { JobStatusInfo } from '../job/events.js';

/**
 * The same object, which `JSON.stringify` takes: its big integers become decimal strings there. The method is not
 * enumerable, so that copies, comparisons and `console.log` see the fields alone.
 */
export function withJsonForm<S extends object>(fields: S): S {
  const toJSON = (): unknown =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]: [string, unknown]) => [
        key,
        typeof value === 'bigint' ? String(value) : value,
      ]),
    );
  return Object.defineProperty(fields, 'toJSON', { value: toJSON, configurable: true, writable: true });
}

/** The numbers of a job that the scheduler reports. */
export function toStatusInfo(status: JobStatus): JobStatusInfo {
  const { total, leased, accepted, failed, runStatus, workers, paid, reason } = status;
  const computed = accepted + failed;
  const numbers = { runStatus, total, distributed: leased + computed, computed, failed, workers, paid };
  return withJsonForm(reason === undefined ? numbers : { ...numbers, reason });
}
