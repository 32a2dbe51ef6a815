/**
 * JobFS in Node, with paths as additional sources.
 * @module
 */
import { JobFS as JobFSBase } from '../jobfs/job-fs.js';
import { readPathNode } from '../jobfs/read-path-node.js';

/** The files of a job; see `docs/jobfs.md`. */
export class JobFS extends JobFSBase {
  constructor() {
    super({ readPath: readPathNode, fetch: (input, init) => fetch(input, init) });
  }
}

export { unpackBundle } from '../jobfs/bundle.js';
export type { ListedEntry, PackedFs } from '../jobfs/job-fs.js';
export type { JobFsSource } from '../jobfs/sources.js';
export type { TreeEntry } from '../jobfs/tree.js';
