/**
 * Encrypting and decrypting a private key as Web3 Secret Storage version 3, by ethers. Errors of ethers are
 * translated without their text or cause, since those can quote what was handed in.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { toHex } from '../lib/crypto/ids.js';
import type { Random } from '../lib/crypto/random.js';
import { loadKeystoreFiles, loadSigning } from './ethers.js';
import { needsPlatformDecryption, parseKeystoreJson } from './keystore-json.js';
import type { KeystoreJson } from './keystore-json.js';
import { parsePrivateKey } from './private-key.js';

/** What geth and ethers write: half a second. */
const SCRYPT_STANDARD = { N: 131_072, r: 8, p: 1 };
/** For the empty passphrase, which protects nothing at any cost: a few milliseconds. */
const SCRYPT_CHEAP = { N: 1_024, r: 8, p: 1 };

/** @throws INVALID_ARGUMENT for a passphrase that is no text */
export async function encryptKey(key: Uint8Array, passphrase: string, random: Random): Promise<KeystoreJson> {
  const secret = passphraseBytes(passphrase);
  const [{ encryptKeystoreJson }, { computeAddress, SigningKey }] = await Promise.all([
    loadKeystoreFiles(),
    loadSigning(),
  ]);
  const address = computeAddress(new SigningKey(key));
  const text = await encryptKeystoreJson({ address, privateKey: `0x${toHex(key)}` }, secret, {
    scrypt: passphrase === '' ? SCRYPT_CHEAP : SCRYPT_STANDARD,
    salt: `0x${toHex(random.bytes(32))}`,
    iv: `0x${toHex(random.bytes(16))}`,
    uuid: `0x${toHex(random.bytes(16))}`,
  });
  return parseKeystoreJson(text);
}

/** @throws KEYSTORE_PASSPHRASE, KEYSTORE_MALFORMED */
export async function decryptKey(
  json: KeystoreJson,
  passphrase: string,
  label: string | undefined,
): Promise<{ key: Uint8Array; address: string }> {
  const name = label === undefined ? 'this keystore' : `the keystore "${label}"`;
  const open = needsPlatformDecryption(json) ? openByPlatform : openByEthers;
  let opened: Opened = 'wrong passphrase';
  for (const secret of passphraseSpellings(passphrase)) {
    if (opened === 'wrong passphrase') opened = await open(json, secret);
  }
  if (opened === 'wrong passphrase') {
    throw new ManyhandsError('KEYSTORE_PASSPHRASE', `That is not the passphrase of ${name}.`, { label });
  }
  if (opened === 'wrong content' || (json.address !== undefined && opened.address !== `0x${json.address}`)) {
    throw new ManyhandsError(
      'KEYSTORE_MALFORMED',
      `The passphrase opens ${name}, but what is in it is not the key of the address that it states.`,
      { label },
    );
  }
  return opened;
}

type Opened = { key: Uint8Array; address: string } | 'wrong passphrase' | 'wrong content';

async function openByEthers(json: KeystoreJson, secret: Uint8Array): Promise<Opened> {
  const { decryptKeystoreJson } = await loadKeystoreFiles();
  try {
    const { privateKey, address } = await decryptKeystoreJson(JSON.stringify(json), secret);
    return { key: parsePrivateKey(privateKey), address: address.toLowerCase() };
  } catch (error) {
    return (error as { argument?: unknown } | null)?.argument === 'password'
      ? 'wrong passphrase'
      : 'wrong content';
  }
}

async function openByPlatform(json: KeystoreJson, secret: Uint8Array): Promise<Opened> {
  const { decryptByPlatform } = await import('./platform-decrypt.js');
  const bytes = await decryptByPlatform(json, secret);
  if (bytes === undefined) return 'wrong passphrase';
  const { computeAddress, SigningKey } = await loadSigning();
  try {
    const key = parsePrivateKey(bytes);
    return { key, address: computeAddress(new SigningKey(key)).toLowerCase() };
  } catch {
    return 'wrong content';
  }
}

/**
 * The bytes that a passphrase is encrypted under: UTF-8 of what was typed, as geth and web3.js do.
 * @throws INVALID_ARGUMENT for what is no text
 */
function passphraseBytes(passphrase: string): Uint8Array {
  if (typeof passphrase !== 'string' || /\p{Surrogate}/u.test(passphrase)) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'A passphrase must be a string of whole Unicode characters.',
    );
  }
  return new TextEncoder().encode(passphrase);
}

/**
 * The bytes that a file may have been encrypted under by someone who typed this passphrase: as it is (geth, web3.js), in
 * the compatible composed form (ethers), and composed or decomposed, where a keyboard or a system wrote it so. Most
 * passphrases have one spelling only, so that a wrong one costs no more than one try.
 */
function passphraseSpellings(passphrase: string): Uint8Array[] {
  const typed = passphraseBytes(passphrase);
  const forms = (['NFKC', 'NFC', 'NFD'] as const).map((form) => passphrase.normalize(form));
  const others = new Set(forms.filter((form) => form !== passphrase));
  return [typed, ...[...others].map((form) => new TextEncoder().encode(form))];
}
