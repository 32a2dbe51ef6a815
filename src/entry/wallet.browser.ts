/**
 * The wallet in a browser: keystores are in IndexedDB, or in memory if a page has none.
 * Its types are those of the entry for Node (package.json).
 * @module
 */
export { wallet } from './wallet-instance.browser.js';
export { Keystore } from '../wallet/keystore.js';
export { parseAddress } from '../wallet/parse-address.js';
export { formatCredits, toUnits, UNITS_PER_CREDIT } from '../wallet/credits.js';
