/**
 * Encrypts and decrypts a private key in the format Web3 Secret Storage version 3, with ethers. Errors of ethers are
 * replaced without their text or cause, because those can quote the input.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { toHex } from '../lib/crypto/ids.js';
import type { Random } from '../lib/crypto/random.js';
import { loadKeystoreFiles, loadSigning } from './ethers.js';
import { needsPlatformDecryption, parseKeystoreJson } from './keystore-json.js';
import type { KeystoreJson } from './keystore-json.js';
import { parsePrivateKey } from './private-key.js';

/** The cost that geth and ethers use: half a second. */
const SCRYPT_STANDARD = { N: 131_072, r: 8, p: 1 };
/** The cost for an empty passphrase, which protects nothing anyway: a few milliseconds. */
const SCRYPT_CHEAP = { N: 1_024, r: 8, p: 1 };

/** @throws INVALID_ARGUMENT if the passphrase is not a string */
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
  const decrypt = needsPlatformDecryption(json) ? decryptWithPlatform : decryptWithEthers;
  let decrypted: Decrypted = 'wrong passphrase';
  for (const secret of passphraseEncodings(passphrase)) {
    if (decrypted === 'wrong passphrase') decrypted = await decrypt(json, secret);
  }
  if (decrypted === 'wrong passphrase') {
    throw new ManyhandsError('KEYSTORE_PASSPHRASE', `The passphrase of ${name} is wrong.`, { label });
  }
  if (
    decrypted === 'wrong content' ||
    (json.address !== undefined && decrypted.address !== `0x${json.address}`)
  ) {
    throw new ManyhandsError(
      'KEYSTORE_MALFORMED',
      `The passphrase decrypts ${name}, but the decrypted key does not belong to the address in the file.`,
      { label },
    );
  }
  return decrypted;
}

type Decrypted = { key: Uint8Array; address: string } | 'wrong passphrase' | 'wrong content';

async function decryptWithEthers(json: KeystoreJson, secret: Uint8Array): Promise<Decrypted> {
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

async function decryptWithPlatform(json: KeystoreJson, secret: Uint8Array): Promise<Decrypted> {
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
 * The bytes of a passphrase for key derivation: its UTF-8 without normalisation, like geth and web3.js.
 * @throws INVALID_ARGUMENT if it is not a string
 */
function passphraseBytes(passphrase: string): Uint8Array {
  if (typeof passphrase !== 'string' || /\p{Surrogate}/u.test(passphrase)) {
    throw new ManyhandsError('INVALID_ARGUMENT', 'A passphrase must be a string of well-formed Unicode.');
  }
  return new TextEncoder().encode(passphrase);
}

/**
 * The encodings with which software may have encrypted a file for this passphrase: unchanged (geth, web3.js), NFKC
 * (ethers), and NFC or NFD, which keyboards and systems produce. Most passphrases have only one encoding, so that a
 * wrong one costs one attempt.
 */
function passphraseEncodings(passphrase: string): Uint8Array[] {
  const unchanged = passphraseBytes(passphrase);
  const forms = (['NFKC', 'NFC', 'NFD'] as const).map((form) => passphrase.normalize(form));
  const others = new Set(forms.filter((form) => form !== passphrase));
  return [unchanged, ...[...others].map((form) => new TextEncoder().encode(form))];
}
