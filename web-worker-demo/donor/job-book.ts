/**
 * The jobs that were met in this visit: their names, and what was done for each.
 * @module
 */
import type { JobSums } from './donor-events.js';
import { addTotals, NOTHING, type Totals } from './totals.js';

/** Jobs that are remembered; the one that has given nothing for longest is forgotten. */
const JOBS_MAX = 200;

export class JobBook {
  readonly #sums = new Map<string, JobSums>();
  readonly #names = new Map<string, string>();

  get sums(): ReadonlyMap<string, JobSums> {
    return this.#sums;
  }

  /** Empty for a job that has none, or that was not met. */
  nameOf(jobId: string): string {
    return this.#names.get(jobId) ?? '';
  }

  meet(jobId: string, name: string, nowMs: number): void {
    put(this.#names, jobId, name);
    if (!this.#sums.has(jobId)) put(this.#sums, jobId, { ...NOTHING, sinceMs: nowMs });
  }

  add(jobId: string, sums: Totals, nowMs: number): void {
    const before = this.#sums.get(jobId) ?? { ...NOTHING, sinceMs: nowMs };
    put(this.#sums, jobId, { sinceMs: before.sinceMs, ...addTotals(before, sums) });
  }
}

/** Puts it last; the first of too many goes. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > JOBS_MAX) map.delete(map.keys().next().value!);
}
