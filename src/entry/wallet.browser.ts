/**
 * The wallet in a browser: keystores are in IndexedDB, or in memory where a page has none.
 * @module
 */
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/random.js';
import { indexedDbStorage } from '../lib/storage-idb.js';
import { createWallet } from '../wallet/wallet.js';
import type { Wallet } from '../wallet/wallet.js';

/** The wallet of this origin. */
export const wallet: Wallet = createWallet({
  storage: indexedDbStorage('manyhands-keystores'),
  clock: systemClock,
  random: systemRandom,
  place: "this site's storage",
});

export { Keystore } from '../wallet/keystore.js';
export type { KeystoreOptions, NewKeystoreOptions, PassphraseSource } from '../wallet/keystore.js';
export type { KeystoreJson } from '../wallet/keystore-json.js';
export type { Wallet } from '../wallet/wallet.js';
export type { Address } from '../wallet/address.js';
export { parseAddress } from '../wallet/parse-address.js';
export { formatCredits, toUnits, UNITS_PER_CREDIT } from '../wallet/credits.js';
