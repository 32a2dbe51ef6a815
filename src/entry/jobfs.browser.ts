/**
 * JobFS in a browser: sources are bytes, Blobs and URLs.
 * @module
 */
import { JobFS as JobFSBase } from '../jobfs/job-fs.js';

/** A job's files; see `docs/jobfs.md`. */
export class JobFS extends JobFSBase {
  constructor() {
    super({ fetch: (input, init) => fetch(input, init) });
  }
}

export { unpackBundle } from '../jobfs/bundle.js';
export type { ListedEntry, PackedFs } from '../jobfs/job-fs.js';
export type { JobFsSource } from '../jobfs/sources.js';
export type { TreeEntry } from '../jobfs/tree.js';
