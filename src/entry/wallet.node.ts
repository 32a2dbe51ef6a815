/**
 * The wallet in Node: keystores are files with access for their owner only, in `MANYHANDS_HOME` or `~/.manyhands`.
 * @module
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/crypto/random.js';
import { ManyhandsError } from '../lib/errors.js';
import { describeValue } from '../lib/options.js';
import { fileStorage } from '../lib/storage/storage-files.js';
import { createWallet } from '../wallet/wallet.js';
import type { Wallet } from '../wallet/wallet.js';

/** Opens a wallet over the files `<home>/<label>.keystore`. @throws INVALID_ARGUMENT */
export function openWallet(home: string): Wallet {
  if (typeof home !== 'string' || home === '') {
    const text = `openWallet takes the path of a folder; got ${describeValue(home)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'home' });
  }
  return createWallet({
    storage: fileStorage({ dir: home, suffix: '.keystore', random: systemRandom, secret: true }),
    clock: systemClock,
    random: systemRandom,
    place: home,
    // The variable does not change, so it is tried once.
    passphrase: ({ attempt }) => (attempt === 1 ? process.env.MANYHANDS_PASSPHRASE : undefined),
  });
}

/** The wallet of this user. `MANYHANDS_HOME` is read when this module is loaded. */
export const wallet: Wallet = openWallet(process.env.MANYHANDS_HOME || join(homedir(), '.manyhands'));

export { Keystore } from '../wallet/keystore.js';
export type { KeystoreOptions, NewKeystoreOptions, PassphraseSource } from '../wallet/keystore.js';
export type { KeystoreJson } from '../wallet/keystore-json.js';
export type { Wallet } from '../wallet/wallet.js';
export type { Address } from '../lib/address.js';
export { parseAddress } from '../wallet/parse-address.js';
export { formatCredits, toUnits, UNITS_PER_CREDIT } from '../wallet/credits.js';
