/**
 * JobFS in a browser, with bytes, Blobs and URLs as sources.
 * Its types are those of the entry for Node (package.json).
 * @module
 */
export { JobFS } from './job-fs-class.browser.js';
export { unpackBundle } from '../jobfs/bundle.js';
