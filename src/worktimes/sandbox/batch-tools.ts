/**
 * What the loops that run slices share: the work function, the reporter, the writer of outcomes and a clock.
 * @module
 */
import type { OutcomeWriter } from './outcome-writer.js';
import type { WorkFunction } from '../runtime/runtime.js';
import type { SliceSigns } from './slice-reporter.js';

export interface BatchTools {
  readonly work: WorkFunction;
  readonly signs: SliceSigns;
  readonly writer: OutcomeWriter;
  readonly now: () => number;
}
