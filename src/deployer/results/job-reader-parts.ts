/**
 * What reading the outcomes of a job needs of its handle.
 * @module
 */
import type { JobInput } from '../call/input.js';
import type { JobState } from '../state/job-state.js';
import type { JobResults } from './job-results.js';

export interface JobReaderParts<T> {
  state: JobState<T, object>;
  results: JobResults<T, object>;
  /** Deploys the job, unless that was done. */
  ensureDeployed: () => void;
  /** The input that this handle deploys; undefined for a job that the scheduler has already. */
  input: JobInput | undefined;
}
