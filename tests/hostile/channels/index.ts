/**
 * All channels, and the few that every run of the tests tries.
 * @module
 */
import type { Channel } from './channel.js';
import { MACHINE } from './machine.js';
import { DOCUMENT, NETWORK } from './network.js';
import { PYTHON_BY_JS, PYTHON_BY_LIBRARY } from './python.js';
import { REALM } from './realm.js';
import { STORAGE } from './storage.js';

export const CHANNELS: readonly Channel[] = [
  ...NETWORK,
  ...DOCUMENT,
  ...STORAGE,
  ...MACHINE,
  ...REALM,
  ...PYTHON_BY_JS,
  ...PYTHON_BY_LIBRARY,
];

const SELECTED = new Set([
  'fetch', 'xhr', 'websocket', 'import', 'import-scripts', 'nested-worker', 'web-rtc', 'beacon', 'dns-prefetch',
  'indexed-db', 'broadcast', 'environment', 'port-by-event-data', 'native-memory', 'py-js-fetch', 'py-run-js',
  'py-socket',
]); // prettier-ignore

/** One of each kind. */
export const SELECTION: readonly Channel[] = CHANNELS.filter(({ id }) => SELECTED.has(id));
