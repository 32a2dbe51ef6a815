/**
 * The wallet: keystores by label over a storage port. The identity (`id`) and the account (`default`) are created when
 * they are first requested, so that a first job needs no set-up.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { readOptions } from '../lib/options.js';
import type { Random } from '../lib/crypto/random.js';
import type { KeyValueStorage } from '../lib/storage/storage.js';
import { checkPassphrase, findAddress, Keystore, setPassphraseSource } from './keystore.js';
import type { PassphraseSource } from './keystore.js';

/** Label of the identity, which signs jobs and proves their owner. */
export const ID_LABEL = 'id';
/** Label of the account, which pays. */
export const ACCOUNT_LABEL = 'default';

export interface WalletOptions {
  storage: KeyValueStorage;
  clock: Clock;
  random: Random;
  /** Description of the storage for messages; for example its folder. */
  place: string;
  /** Supplies the passphrase of a locked keystore if there is no `passphrasePrompt`. */
  passphrase?: PassphraseSource;
}

const LABEL_PATTERN = /^[A-Za-z0-9](?:[A-Za-z0-9._@ -]{0,62}[A-Za-z0-9._@-])?$/;
/** Device names of Windows, with any extension. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** Keystores by label. */
export class Wallet {
  /** Asks the user for the passphrase of a locked keystore that has to sign, up to five times; `undefined` gives up. */
  passphrasePrompt: PassphraseSource | undefined;
  readonly #options: WalletOptions;
  /** Cache of keystores, so that they stay unlocked and concurrent callers create one identity. */
  readonly #opened = new Map<string, Promise<Keystore>>();

  constructor(options: WalletOptions) {
    this.#options = options;
  }

  /**
   * The keystore with that label. `default` and `id` are created with an empty passphrase if they do not exist.
   * @throws KEYSTORE_UNKNOWN, KEYSTORE_UNSAFE, KEYSTORE_MALFORMED, INVALID_ARGUMENT for a label
   */
  async get(label: string = ACCOUNT_LABEL): Promise<Keystore> {
    checkLabel(label);
    return this.#remember(label, async () => {
      const found = await this.#read(label);
      if (found !== undefined) return found;
      if (label !== ID_LABEL && label !== ACCOUNT_LABEL) throw await this.#unknown(label);
      const made = await this.#make(label, '');
      // Another process may have created one at the same time: then that one is used.
      if (await this.#options.storage.add(label, encode(made))) return made;
      return (await this.#read(label)) ?? made;
    });
  }

  /** The keystore of the identity, label `id`. */
  getId(): Promise<Keystore> {
    return this.get(ID_LABEL);
  }

  /**
   * Creates a keystore with a new key. The passphrase is empty by default; an explicit `undefined` is rejected.
   * @throws KEYSTORE_EXISTS, INVALID_ARGUMENT, UNKNOWN_OPTION
   */
  async create(label: string, options: { passphrase?: string } = {}): Promise<Keystore> {
    checkNewLabel(label);
    const given = readOptions<{ passphrase: string }>(options, 'wallet.create', { passphrase: true });
    const keystore = await this.#make(label, checkPassphrase(given));
    await this.add(keystore, label);
    return keystore;
  }

  /** Stores an encrypted keystore under that label. @throws KEYSTORE_EXISTS, INVALID_ARGUMENT */
  async add(keystore: Keystore, label: string = ACCOUNT_LABEL): Promise<void> {
    checkNewLabel(label);
    if (!(keystore instanceof Keystore))
      throw new ManyhandsError('INVALID_ARGUMENT', 'wallet.add takes a Keystore.');
    // On Windows and macOS, labels that differ only in case would be one file.
    const folded = label.toLowerCase();
    const similar = (await this.list()).find((one) => one !== label && one.toLowerCase() === folded);
    if (similar !== undefined) throw this.#exists(similar);
    if (!(await this.#options.storage.add(label, encode(keystore)))) throw this.#exists(label);
    setPassphraseSource(keystore, this.#ask);
    this.#opened.set(label, Promise.resolve(keystore));
  }

  /**
   * Encrypts a keystore with another passphrase and replaces the stored file. Copies of the old file keep the old
   * passphrase.
   * @param passphrase the new passphrase; '' protects nothing
   * @throws KEYSTORE_UNKNOWN, KEYSTORE_PASSPHRASE or KEYSTORE_LOCKED if the keystore cannot be unlocked,
   *   INVALID_ARGUMENT
   */
  async changePassphrase(label: string, passphrase: string): Promise<Keystore> {
    checkLabel(label);
    if (!(await this.list()).includes(label)) throw await this.#unknown(label);
    const changed = await (await this.get(label)).withPassphrase(passphrase);
    await this.#options.storage.set(label, encode(changed));
    setPassphraseSource(changed, this.#ask);
    this.#opened.set(label, Promise.resolve(changed));
    return changed;
  }

  /** All labels, sorted. */
  async list(): Promise<string[]> {
    return (await this.#options.storage.keys()).filter((label) => LABEL_PATTERN.test(label)).sort();
  }

  /** Deletes a keystore; without a copy its key is lost permanently. @throws KEYSTORE_UNKNOWN */
  async remove(label: string): Promise<void> {
    checkLabel(label);
    if (!(await this.list()).includes(label)) throw await this.#unknown(label);
    await this.#options.storage.delete(label);
    this.#opened.delete(label);
  }

  #remember(label: string, open: () => Promise<Keystore>): Promise<Keystore> {
    const known = this.#opened.get(label);
    if (known !== undefined) return known;
    const opening = open();
    this.#opened.set(label, opening);
    opening.catch(() => {
      if (this.#opened.get(label) === opening) this.#opened.delete(label);
    });
    return opening;
  }

  async #read(label: string): Promise<Keystore | undefined> {
    const bytes = await this.#options.storage.get(label);
    if (bytes === undefined) return undefined;
    const keystore = Keystore.fromJSON(new TextDecoder().decode(bytes), {
      label,
      clock: this.#options.clock,
    });
    setPassphraseSource(keystore, this.#ask);
    // The address of a wallet's keystore must be available synchronously.
    await findAddress(keystore);
    return keystore;
  }

  async #make(label: string, passphrase: string): Promise<Keystore> {
    const { clock, random } = this.#options;
    const keystore = await Keystore.create({ passphrase, label, clock, random });
    setPassphraseSource(keystore, this.#ask);
    return keystore;
  }

  readonly #ask: PassphraseSource = (asked) => (this.passphrasePrompt ?? this.#options.passphrase)?.(asked);

  #exists(label: string): ManyhandsError {
    return new ManyhandsError(
      'KEYSTORE_EXISTS',
      `A keystore "${label}" exists in ${this.#options.place} already. Choose another label, or remove the keystore first.`,
      { label },
    );
  }

  async #unknown(label: string): Promise<ManyhandsError> {
    const labels = await this.list();
    const known = labels.length === 0 ? 'It has none' : `It has: ${labels.join(', ')}`;
    // A label with spaces may be a misplaced passphrase, which no message repeats.
    const named = label.includes(' ') ? {} : { label };
    const quoted = label.includes(' ') ? 'of that label' : `"${label}"`;
    return new ManyhandsError(
      'KEYSTORE_UNKNOWN',
      `There is no keystore ${quoted} in ${this.#options.place}. ${known}. Create one with wallet.create(label), or with manyhands keystore create.`,
      { ...named, labels },
    );
  }
}

/** Creates a wallet over a storage port. */
export function createWallet(options: WalletOptions): Wallet {
  return new Wallet(options);
}

const encode = (keystore: Keystore): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(keystore, null, 2)}\n`);

function checkLabel(label: string): void {
  if (typeof label === 'string' && LABEL_PATTERN.test(label)) return;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    "A keystore's label is 1 to 64 letters, digits, spaces or any of . _ @ - and starts with a letter or digit.",
  );
}

/** Labels are file names, so names that a system reserves are rejected. */
function checkNewLabel(label: string): void {
  checkLabel(label);
  if (!DEVICE_NAME.test(label)) return;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `"${label}" is the name of a device on Windows and cannot be a file name there. Choose another label.`,
  );
}
