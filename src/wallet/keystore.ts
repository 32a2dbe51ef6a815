/**
 * A keystore: an encrypted private key and, while it is unlocked, the key itself in a private field. The key never
 * leaves this file; other modules pass the digest to sign to `signDigest`.
 * @module
 */
import { systemClock } from '../lib/clock.js';
import type { CancelTimer, Clock } from '../lib/clock.js';
import { isError, ManyhandsError } from '../lib/errors.js';
import { describeValue, readOptions } from '../lib/options.js';
import { systemRandom } from '../lib/crypto/random.js';
import type { Random } from '../lib/crypto/random.js';
import type { Address } from '../lib/address.js';
import { decryptKey, encryptKey } from './encryption.js';
import { loadSigning } from './ethers.js';
import { parseKeystoreJson } from './keystore-json.js';
import type { KeystoreJson } from './keystore-json.js';
import { newPrivateKey, parsePrivateKey } from './private-key.js';

export interface KeystoreOptions {
  /** The label in the wallet. @default the label in the file, if it has one */
  label?: string;
  /** The clock for `unlock(passphrase, seconds)`. @default the system clock */
  clock?: Clock;
}

export interface NewKeystoreOptions extends KeystoreOptions {
  /**
   * The passphrase that encrypts the key.
   * @default '', which protects nothing: everyone who reads the file can use the key
   */
  passphrase?: string;
  /** The source of random keys, salts and ids. @default the system's random generator */
  random?: Random;
}

/** Supplies a passphrase; `undefined` gives up. `attempt` counts from 1. */
export type PassphraseSource = (asked: {
  label: string | undefined;
  address: Address;
  attempt: number;
}) => Promise<string | undefined> | string | undefined;

const PASSPHRASE_ATTEMPTS_MAX = 5;
/** The largest delay that setTimeout accepts. */
const UNLOCK_SECONDS_MAX = Math.floor((2 ** 31 - 1) / 1000);

/**
 * Signs a digest of 32 bytes. It has access to the private field because the class sets it; the package does not export
 * it.
 */
export let signDigest: (keystore: Keystore, digest: string) => Promise<string>;
/** Sets the source of the passphrase, which is called when a locked keystore has to sign. */
export let setPassphraseSource: (keystore: Keystore, source: PassphraseSource) => void;
/** The address of a keystore. A keystore whose file does not contain it is unlocked to compute it. */
export let findAddress: (keystore: Keystore) => Promise<Address>;

/** An encrypted private key; its address is an identity or a payment account. */
export class Keystore {
  readonly label: string | undefined;
  readonly #clock: Clock;
  #json: KeystoreJson;
  #key: Uint8Array | undefined;
  #cancelLock: CancelTimer | undefined;
  /** Number of calls of `lock`, so that a concurrent `unlock` detects one. */
  #locks = 0;
  #emptyPassphraseFailed = false;
  #source: PassphraseSource | undefined;
  #unlocking: Promise<void> | undefined;

  static {
    signDigest = async (keystore, digest) => {
      const [{ SigningKey }] = await Promise.all([loadSigning(), keystore.#ensureUnlocked()]);
      if (keystore.#key === undefined) throw lockedError(keystore);
      return new SigningKey(keystore.#key).sign(digest).serialized;
    };
    findAddress = async (keystore) => {
      if (keystore.#json.address === undefined) await keystore.#ensureUnlocked();
      return keystore.address;
    };
    setPassphraseSource = (keystore, source) => {
      keystore.#source = source;
    };
  }

  private constructor(json: KeystoreJson, options: KeystoreOptions) {
    this.#json = json;
    this.label = options.label ?? json.label;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Creates an unlocked keystore with a new random key. A non-empty passphrase costs half a second, here and at each
   * unlock.
   * @throws INVALID_ARGUMENT, UNKNOWN_OPTION
   */
  static async create(options: NewKeystoreOptions = {}): Promise<Keystore> {
    readNewOptions(options, 'Keystore.create');
    return Keystore.fromPrivateKey(newPrivateKey(options.random ?? systemRandom), options);
  }

  /**
   * Creates an unlocked keystore for an existing key.
   * @param privateKey 64 hexadecimal digits, with or without `0x`, or 32 bytes
   * @throws KEY_MALFORMED, INVALID_ARGUMENT, UNKNOWN_OPTION
   */
  static async fromPrivateKey(
    privateKey: string | Uint8Array,
    options: NewKeystoreOptions = {},
  ): Promise<Keystore> {
    const given = readNewOptions(options, 'Keystore.fromPrivateKey');
    const key = parsePrivateKey(privateKey);
    const passphrase = checkPassphrase(given);
    const json = await encryptKey(key, passphrase, given.random ?? systemRandom);
    const keystore = new Keystore(json, given);
    keystore.#key = key;
    keystore.#emptyPassphraseFailed = passphrase !== '';
    return keystore;
  }

  /**
   * Creates a locked keystore from Ethereum V3 JSON, given as text or object.
   * @throws KEYSTORE_MALFORMED
   */
  static fromJSON(json: string | object, options: KeystoreOptions = {}): Keystore {
    const given = readOptions<KeystoreOptions>(options, 'Keystore.fromJSON', { label: true, clock: true });
    return new Keystore(parseKeystoreJson(json), given);
  }

  /**
   * `0x` and 40 lower-case hexadecimal digits.
   * @throws KEYSTORE_LOCKED if the file does not contain the address and the keystore was never unlocked
   */
  get address(): Address {
    if (this.#json.address === undefined) throw lockedError(this);
    return `0x${this.#json.address}`;
  }

  get isUnlocked(): boolean {
    return this.#key !== undefined;
  }

  /**
   * Decrypts the key and keeps it in memory, for `seconds` if given, else until `lock()`.
   * @throws KEYSTORE_PASSPHRASE, INVALID_ARGUMENT, KEYSTORE_LOCKED if `lock()` is called meanwhile
   */
  async unlock(passphrase = '', seconds?: number): Promise<void> {
    if (seconds !== undefined && !(seconds > 0 && seconds <= UNLOCK_SECONDS_MAX)) {
      throw new ManyhandsError(
        'INVALID_ARGUMENT',
        `unlock: seconds must be above 0 and at most ${UNLOCK_SECONDS_MAX}`,
      );
    }
    const locks = this.#locks;
    const { key, address } = await decryptKey(this.#json, passphrase, this.label).catch((error: unknown) => {
      if (passphrase === '') this.#emptyPassphraseFailed = true;
      throw error;
    });
    if (locks !== this.#locks) {
      key.fill(0);
      throw lockedError(this);
    }
    this.#eraseKey();
    this.#key = key;
    this.#json.address ??= address.slice(2);
    if (seconds !== undefined) {
      this.#cancelLock = this.#clock.after(seconds * 1000, () => this.lock(), { background: true });
    }
  }

  /** Erases the key from memory. */
  lock(): void {
    this.#locks += 1;
    this.#eraseKey();
  }

  /**
   * Creates another keystore with the same key and another passphrase. Both are unlocked afterwards.
   * @throws KEYSTORE_PASSPHRASE, KEYSTORE_LOCKED if this keystore cannot be unlocked; INVALID_ARGUMENT if no passphrase
   *   is given
   */
  async withPassphrase(passphrase: string): Promise<Keystore> {
    checkPassphrase({ passphrase });
    await this.#ensureUnlocked();
    if (this.#key === undefined) throw lockedError(this);
    return Keystore.fromPrivateKey(this.#key, { passphrase, label: this.label, clock: this.#clock });
  }

  /** The keystore as Ethereum V3 JSON, with the encrypted key only. */
  toJSON(): KeystoreJson {
    return structuredClone(this.#json);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const address = this.#json.address === undefined ? 'address unknown' : this.address;
    return `Keystore(${this.label === undefined ? '' : `${this.label}, `}${address}, ${this.isUnlocked ? 'unlocked' : 'locked'})`;
  }

  #eraseKey(): void {
    this.#cancelLock?.();
    this.#cancelLock = undefined;
    this.#key?.fill(0);
    this.#key = undefined;
  }

  /** Unlocks with the empty passphrase, then with those of the source. Concurrent callers share one attempt. */
  #ensureUnlocked(): Promise<void> {
    if (this.#key !== undefined) return Promise.resolve();
    this.#unlocking ??= this.#tryToUnlock().finally(() => {
      this.#unlocking = undefined;
    });
    return this.#unlocking;
  }

  async #tryToUnlock(): Promise<void> {
    if (!this.#emptyPassphraseFailed && (await this.#tryPassphrase('')) === undefined) return;
    let error: unknown = lockedError(this);
    for (let attempt = 1; attempt <= PASSPHRASE_ATTEMPTS_MAX && this.#source !== undefined; attempt++) {
      const passphrase = await this.#source({ label: this.label, address: this.#addressOrEmpty(), attempt });
      if (passphrase === undefined) break;
      error = await this.#tryPassphrase(passphrase);
      if (error === undefined) return;
    }
    throw error;
  }

  /** Tries a passphrase; returns the error if it is wrong, undefined otherwise. */
  async #tryPassphrase(passphrase: string): Promise<unknown> {
    try {
      await this.unlock(passphrase);
      return undefined;
    } catch (error) {
      if (isError(error, 'KEYSTORE_PASSPHRASE')) return error;
      throw error;
    }
  }

  #addressOrEmpty(): Address {
    return this.#json.address === undefined ? '' : this.address;
  }
}

function readNewOptions(options: unknown, where: string): NewKeystoreOptions {
  return readOptions<NewKeystoreOptions>(options, where, {
    label: true,
    clock: true,
    passphrase: true,
    random: true,
  });
}

/**
 * The passphrase of a new keystore; empty if the option is absent. An option that is present but not a string is an
 * error, for example an environment variable that is not set: an empty passphrase in its place would protect nothing.
 * @throws INVALID_ARGUMENT
 */
export function checkPassphrase(options: { passphrase?: unknown }): string {
  if (!Object.hasOwn(options, 'passphrase')) return '';
  if (typeof options.passphrase === 'string') return options.passphrase;
  const found = options.passphrase === undefined ? 'undefined' : describeValue(options.passphrase);
  throw new ManyhandsError(
    'INVALID_ARGUMENT',
    `The passphrase of a keystore must be a string; it is ${found}. For no passphrase, omit the option or pass ''.`,
    { argument: 'passphrase' },
  );
}

/** The name of a keystore for messages. */
function nameOf(label: string | undefined): string {
  return label === undefined ? 'The keystore' : `The keystore "${label}"`;
}

function lockedError(keystore: Keystore): ManyhandsError {
  return new ManyhandsError(
    'KEYSTORE_LOCKED',
    `${nameOf(keystore.label)} is locked and its passphrase is needed: call keystore.unlock(passphrase), ` +
      'set MANYHANDS_PASSPHRASE, or set wallet.passphrasePrompt.',
    { label: keystore.label },
  );
}
