/**
 * Types of the globals of a JavaScript work function: `import 'manyhands/work'` in a file with work functions. There is
 * no runtime code here; a worker's sandbox defines these globals.
 * @module
 */

import type { WorkInfo, WorkJobFS } from './runtime/work-types.js';
export type { WorkInfo, WorkJobFS } from './runtime/work-types.js';
export type {
  CustomRuntime,
  CustomWorktimeModule,
  WorktimeContext,
  WorktimePlace,
} from './custom/contract.js';

declare global {
  /**
   * Reports progress of the slice: a fraction from 0 to 1, a text such as '50%', or nothing where it is not known. A value
   * that is out of range or lower than before counts as not known. At most one message each 100 ms is sent.
   */
  function progress(value?: number | string): true;
  /** The job. */
  const work: WorkInfo;
  /** The job's files. */
  const jobfs: WorkJobFS;
}
