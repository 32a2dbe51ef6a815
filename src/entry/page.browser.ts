/**
 * Exports for the scheduler's own page that are not public: storage in the browser's database, bounded maps, limits, and the
 * parser of join links.
 * @module
 */
export { readJoin } from '../element/join-list.js';
export { setNewest } from '../lib/bounded-map.js';
export { indexedDbStorage } from '../lib/storage/storage-idb.js';
export { JOINED_GROUPS_MAX, NAME_LENGTH_MAX } from '../protocol/limits.js';
export type { KeyValueStorage } from '../lib/storage/storage.js';
