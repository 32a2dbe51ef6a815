/**
 * JobFS in a browser, with bytes, Blobs and URLs as sources.
 * @module
 */
export { JobFS } from './job-fs-class.browser.js';
export { unpackBundle } from '../jobfs/bundle.js';
export type { ListedEntry, PackedFs } from '../jobfs/job-fs.js';
export type { JobFsSource } from '../jobfs/sources.js';
export type { TreeEntry } from '../jobfs/tree.js';
