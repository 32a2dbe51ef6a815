/**
 * What the loops that run slices share: the work function, the reporter, the writer of outcomes and a clock in milliseconds.
 * @module
 */
import type { OutcomeWriter } from './outcome-writer.js';
import type { WorkFunction } from '../runtime/runtime.js';
import type { SliceReporter } from './slice-reporter.js';

export interface BatchContext {
  readonly work: WorkFunction;
  readonly reporter: SliceReporter;
  readonly writer: OutcomeWriter;
  readonly now: () => number;
}
