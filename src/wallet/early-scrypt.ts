/**
 * Keystores of early Ethereum software, such as the example in the format's definition, have a scrypt cost that
 * the later RFC 7914 forbids and that ethers refuses to compute. They are opened here, by the platform's AES.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { scryptKey } from '../lib/scrypt.js';
import { toHex } from '../lib/ids.js';
import { loadSigning } from './ethers.js';
import type { KeystoreJson, ScryptParams } from './keystore-json.js';

/**
 * The private key in such a keystore; `undefined` where the passphrase is another.
 * @throws UNSUPPORTED_ENVIRONMENT in a page that is not served over HTTPS
 */
export async function decryptEarlyScrypt(
  json: KeystoreJson,
  passphrase: Uint8Array,
): Promise<Uint8Array | undefined> {
  const subtle = (globalThis.crypto as { subtle?: SubtleCrypto }).subtle;
  if (subtle === undefined) {
    throw new ManyhandsError(
      'UNSUPPORTED_ENVIRONMENT',
      'This keystore is of an early kind that a page can only open over HTTPS. Open it in Node, or in a secure page.',
    );
  }
  const { ciphertext, cipherparams, kdfparams, mac } = json.crypto;
  const { n, r, p, salt } = kdfparams as ScryptParams;
  const derived = await scryptKey(passphrase, bytesOf(salt), { n, r, p });
  const { keccak256 } = await loadSigning();
  if (keccak256(`0x${toHex(derived.subarray(16, 32))}${ciphertext}`) !== `0x${mac}`) return undefined;
  const key = await subtle.importKey('raw', derived.slice(0, 16), 'AES-CTR', false, ['decrypt']);
  const algorithm = { name: 'AES-CTR', counter: bytesOf(cipherparams.iv), length: 128 };
  return new Uint8Array(await subtle.decrypt(algorithm, key, bytesOf(ciphertext)));
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
