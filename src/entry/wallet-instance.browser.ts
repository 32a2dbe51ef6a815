/**
 * The wallet of a page's origin: keystores are in IndexedDB, or in memory if a page has none. Separate from the other
 * exports of the wallet's entry, so that a page of a deployer loads only this.
 * @module
 */
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/crypto/random.js';
import { indexedDbStorage } from '../lib/storage/storage-idb.js';
import { createWallet } from '../wallet/wallet.js';
import type { Wallet } from '../wallet/wallet.js';

/** The wallet of this origin. */
export const wallet: Wallet = createWallet({
  storage: indexedDbStorage('manyhands-keystores'),
  clock: systemClock,
  random: systemRandom,
  place: "this site's storage",
});
