/**
 * Decrypts keystores that ethers rejects, with the platform's AES: those of early Ethereum software, such as the
 * example in the format's definition, whose scrypt cost the later RFC 7914 forbids; and those of a key with leading
 * zero bytes, which some software omits.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { toHex } from '../lib/crypto/ids.js';
import { pbkdf2Key, scryptKey } from '../lib/crypto/key-derivation.js';
import { loadSigning } from './ethers.js';
import type { KeystoreJson, Pbkdf2Params, ScryptParams } from './keystore-json.js';

const KEY_BYTES = 32;

/**
 * The private key in such a keystore, 32 bytes; `undefined` if the passphrase is wrong.
 * @throws UNSUPPORTED_ENVIRONMENT in a page that is not served over HTTPS
 */
export async function decryptByPlatform(
  json: KeystoreJson,
  passphrase: Uint8Array,
): Promise<Uint8Array | undefined> {
  const subtle = (globalThis.crypto as { subtle?: SubtleCrypto }).subtle;
  if (subtle === undefined) {
    throw new ManyhandsError(
      'UNSUPPORTED_ENVIRONMENT',
      'A page can open this keystore only over HTTPS. Open it in Node or in a secure page.',
    );
  }
  const { ciphertext, cipherparams, mac } = json.crypto;
  const derived = await deriveKey(json, passphrase);
  const { keccak256 } = await loadSigning();
  if (keccak256(`0x${toHex(derived.subarray(16, 32))}${ciphertext}`) !== `0x${mac}`) return undefined;
  const key = await subtle.importKey('raw', derived.slice(0, 16), 'AES-CTR', false, ['decrypt']);
  const algorithm = { name: 'AES-CTR', counter: bytesOf(cipherparams.iv), length: 128 };
  const decrypted = new Uint8Array(await subtle.decrypt(algorithm, key, bytesOf(ciphertext)));
  const whole = new Uint8Array(KEY_BYTES);
  whole.set(decrypted, KEY_BYTES - decrypted.length);
  decrypted.fill(0);
  return whole;
}

function deriveKey({ crypto }: KeystoreJson, passphrase: Uint8Array): Promise<Uint8Array> {
  const salt = bytesOf(crypto.kdfparams.salt);
  return crypto.kdf === 'scrypt'
    ? scryptKey(passphrase, salt, crypto.kdfparams as ScryptParams)
    : pbkdf2Key(passphrase, salt, (crypto.kdfparams as Pbkdf2Params).c);
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
