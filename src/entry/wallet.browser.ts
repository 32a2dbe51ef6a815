/**
 * The wallet in a browser: keystores are in IndexedDB, or in memory if a page has none.
 * @module
 */
export { wallet } from './wallet-instance.browser.js';
export { Keystore } from '../wallet/keystore.js';
export type { KeystoreOptions, NewKeystoreOptions, PassphraseSource } from '../wallet/keystore.js';
export type { KeystoreJson } from '../wallet/keystore-json.js';
export type { Wallet } from '../wallet/wallet.js';
export type { Address } from '../lib/address.js';
export { parseAddress } from '../wallet/parse-address.js';
export { formatCredits, toUnits, UNITS_PER_CREDIT } from '../wallet/credits.js';
