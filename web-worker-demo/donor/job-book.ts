/**
 * The jobs of this visit: their names, and what was computed for each.
 * @module
 */
import type { JobSums } from './donor-events.js';
import { addTotals, NOTHING, type Totals } from './totals.js';

/** Jobs that are kept; the one without a result for longest is dropped. */
const JOBS_MAX = 200;

export class JobBook {
  readonly #sums = new Map<string, JobSums>();
  readonly #names = new Map<string, string>();

  get sums(): ReadonlyMap<string, JobSums> {
    return this.#sums;
  }

  /** Empty for a job without a name, and for an unknown job. */
  nameOf(jobId: string): string {
    return this.#names.get(jobId) ?? '';
  }

  addJob(jobId: string, name: string, nowMs: number): void {
    put(this.#names, jobId, name);
    if (!this.#sums.has(jobId)) put(this.#sums, jobId, { ...NOTHING, sinceMs: nowMs });
  }

  add(jobId: string, sums: Totals, nowMs: number): void {
    const before = this.#sums.get(jobId) ?? { ...NOTHING, sinceMs: nowMs };
    put(this.#sums, jobId, { sinceMs: before.sinceMs, ...addTotals(before, sums) });
  }
}

/** Inserts the entry as the last, and drops the first if there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > JOBS_MAX) map.delete(map.keys().next().value!);
}
