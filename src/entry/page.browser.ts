/**
 * What the scheduler's own page needs besides the exports for everybody: the browser's database.
 * @module
 */
export { indexedDbStorage } from '../lib/storage-idb.js';
export type { KeyValueStorage } from '../lib/storage.js';
