/**
 * Slices of a followed job that run again: what was received of them is void, and their next outcome updates a result.
 * @module
 */
import type { JournalEvent } from '../../protocol/messages/messages.js';
import type { ResultHandle } from '../state/result-handle.js';
import type { ReceivedSlices } from './received-slices.js';

export type SliceRuns = Extract<JournalEvent, { kind: 'retried' }>['slices'];

export class RetriedSlices {
  #runs: SliceRuns = [];

  /** Voids the outcomes of these slices. */
  add(runs: SliceRuns, received: ReceivedSlices, results: ResultHandle<unknown>): void {
    for (const { first, count } of runs) {
      const last = first + count - 1;
      const removed = received.removeRange(first, last);
      results.voidFailures(first, last, removed);
    }
    this.#runs = [...this.#runs, ...runs];
  }

  /** Whether the slice has run again. */
  has(slice: number): boolean {
    return this.#runs.some(({ first, count }) => slice >= first && slice < first + count);
  }
}
