/**
 * JobFS in a page. Apart from what its entry exports beside it, so that a page of a deployer loads no more than this.
 * @module
 */
import { JobFS as JobFSBase } from '../jobfs/job-fs.js';

/** A job's files; see `docs/jobfs.md`. */
export class JobFS extends JobFSBase {
  constructor() {
    super({ fetch: (input, init) => fetch(input, init) });
  }
}
