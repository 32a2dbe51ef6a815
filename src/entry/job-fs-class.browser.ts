/**
 * JobFS in a page. Separate from the other exports of its entry, so that a page of a deployer loads only this class.
 * @module
 */
import { JobFS as JobFSBase } from '../jobfs/job-fs.js';

/** The files of a job; see `docs/jobfs.md`. */
export class JobFS extends JobFSBase {
  constructor() {
    super({ fetch: (input, init) => fetch(input, init) });
  }
}
