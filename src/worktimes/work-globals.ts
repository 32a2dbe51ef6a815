/**
 * Types of what a JavaScript work function finds in its global scope: `import 'manyhands/work'` in a file that
 * holds work functions. There is no runtime code here; a worker's sandbox defines these names.
 * @module
 */

import type { WorkInfo, WorkJobFS } from './runtime/work-types.js';
export type { WorkInfo, WorkJobFS } from './runtime/work-types.js';
export type { CustomRuntime, CustomWorktimeModule, WorktimePlace } from './custom/contract.js';

declare global {
  /**
   * Says that the slice goes on: a fraction from 0 to 1, a text such as '50%', or nothing where it is not known.
   * What is out of range or goes backwards counts as not known. At most one message each 100 ms is sent.
   */
  function progress(value?: number | string): true;
  /** The job. */
  const work: WorkInfo;
  /** The job's files. */
  const jobfs: WorkJobFS;
}
