/**
 * The jobs of this visit: their names, and what was computed for each.
 * @module
 */
import { setNewest } from '../../src/entry/page.browser.js';
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
    setNewest(this.#names, jobId, name, JOBS_MAX);
    if (!this.#sums.has(jobId)) setNewest(this.#sums, jobId, { ...NOTHING, sinceMs: nowMs }, JOBS_MAX);
  }

  add(jobId: string, sums: Totals, nowMs: number): void {
    const before = this.#sums.get(jobId) ?? { ...NOTHING, sinceMs: nowMs };
    setNewest(this.#sums, jobId, { sinceMs: before.sinceMs, ...addTotals(before, sums) }, JOBS_MAX);
  }
}
