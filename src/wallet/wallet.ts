/**
 * The wallet: keystores by label over a storage port. The identity (`id`) and the account (`default`) are made
 * when they are first asked for, so that a first job needs no set-up.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import type { Random } from '../lib/random.js';
import type { KeyValueStorage } from '../lib/storage.js';
import { findAddress, Keystore, setPassphraseSource } from './keystore.js';
import type { PassphraseSource } from './keystore.js';

/** What signs jobs and proves who deploys. */
export const ID_LABEL = 'id';
/** What pays. */
export const ACCOUNT_LABEL = 'default';

export interface WalletOptions {
  storage: KeyValueStorage;
  clock: Clock;
  random: Random;
  /** Where keystores are, in words, for messages; for example the folder. */
  place: string;
  /** Asked for the passphrase of a locked keystore when there is no `passphrasePrompt`. */
  passphrase?: PassphraseSource;
}

const LABEL_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** Keystores by label. */
export class Wallet {
  /** Asks a person for the passphrase of a locked keystore that is to sign. Up to five times; `undefined` gives up. */
  passphrasePrompt: PassphraseSource | undefined;
  readonly #options: WalletOptions;
  /** So that a keystore unlocked once stays so, and two callers at once make one identity. */
  readonly #opened = new Map<string, Promise<Keystore>>();

  constructor(options: WalletOptions) {
    this.#options = options;
  }

  /**
   * The keystore of that label. `default` and `id` are made, with an empty passphrase, where there is none.
   * @throws KEYSTORE_UNKNOWN, KEYSTORE_UNSAFE, KEYSTORE_MALFORMED, INVALID_ARGUMENT for a label
   */
  async get(label: string = ACCOUNT_LABEL): Promise<Keystore> {
    checkLabel(label);
    return this.#remember(label, async () => {
      const found = await this.#read(label);
      if (found !== undefined) return found;
      if (label !== ID_LABEL && label !== ACCOUNT_LABEL) throw await this.#unknown(label);
      const made = await this.#make(label, '');
      // Another process may have made one at the same moment: then its one is ours too.
      if (await this.#options.storage.add(label, encode(made))) return made;
      return (await this.#read(label)) ?? made;
    });
  }

  /** The identity's keystore, label `id`. */
  getId(): Promise<Keystore> {
    return this.get(ID_LABEL);
  }

  /** Makes a keystore with a new key. @throws KEYSTORE_EXISTS, INVALID_ARGUMENT */
  async create(label: string, options: { passphrase?: string } = {}): Promise<Keystore> {
    checkLabel(label);
    const keystore = await this.#make(label, options.passphrase ?? '');
    await this.add(keystore, label);
    return keystore;
  }

  /** Stores a keystore (encrypted) under that label. @throws KEYSTORE_EXISTS, INVALID_ARGUMENT */
  async add(keystore: Keystore, label: string = ACCOUNT_LABEL): Promise<void> {
    checkLabel(label);
    if (!(keystore instanceof Keystore))
      throw new ManyhandsError('INVALID_ARGUMENT', 'wallet.add takes a Keystore.');
    if (!(await this.#options.storage.add(label, encode(keystore)))) {
      throw new ManyhandsError(
        'KEYSTORE_EXISTS',
        `There is a keystore "${label}" in ${this.#options.place} already. Choose another label, or remove that one first.`,
        { label },
      );
    }
    setPassphraseSource(keystore, this.#ask);
    this.#opened.set(label, Promise.resolve(keystore));
  }

  /** The labels there are, sorted. */
  async list(): Promise<string[]> {
    return (await this.#options.storage.keys()).filter((label) => LABEL_PATTERN.test(label)).sort();
  }

  /** Deletes a keystore; without a copy its key is gone for good. @throws KEYSTORE_UNKNOWN */
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
    // Who has a keystore of a wallet may ask for its address at once.
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

  async #unknown(label: string): Promise<ManyhandsError> {
    const labels = await this.list();
    const known = labels.length === 0 ? 'There are none' : `There are: ${labels.join(', ')}`;
    return new ManyhandsError(
      'KEYSTORE_UNKNOWN',
      `There is no keystore "${label}" in ${this.#options.place}. ${known}. Make one with wallet.create("${label}").`,
      { label, labels },
    );
  }
}

/** A wallet over a store; entry points hand in the store. */
export function createWallet(options: WalletOptions): Wallet {
  return new Wallet(options);
}

const encode = (keystore: Keystore): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(keystore, null, 2)}\n`);

function checkLabel(label: string): void {
  if (typeof label === 'string' && LABEL_PATTERN.test(label)) return;
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    "A keystore's label is 1 to 64 letters, digits or any of . _ @ - and starts with a letter or digit.",
  );
}
