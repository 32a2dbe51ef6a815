/**
 * Parses a keystore in the format Web3 Secret Storage version 3. All fields are checked before any key derivation, so
 * that a hostile file can neither consume hours nor reach code that does not expect it. Unknown fields are dropped.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { normalizeAddress } from '../lib/address.js';
import type { Address } from '../lib/address.js';

/** A keystore file: the private key, encrypted. */
export interface KeystoreJson {
  version: 3;
  id?: string;
  /** 40 hexadecimal digits without `0x`, as in the format; absent in some files. */
  address?: string;
  /** The label of the keystore, in files of DCP. */
  label?: string;
  crypto: {
    cipher: 'aes-128-ctr';
    cipherparams: { iv: string };
    ciphertext: string;
    kdf: 'scrypt' | 'pbkdf2';
    kdfparams: ScryptParams | Pbkdf2Params;
    mac: string;
  };
}
export interface ScryptParams {
  dklen: 32;
  n: number;
  r: number;
  p: number;
  salt: string;
}
export interface Pbkdf2Params {
  dklen: 32;
  c: number;
  prf: 'hmac-sha256';
  salt: string;
}

const CIPHERTEXT_BYTES = 32;
/** Some software omits the leading zero bytes of a key; more than eight of them are not plausible. */
const CIPHERTEXT_BYTES_MIN = 24;
/** A keystore file is under 1 KiB. */
const KEYSTORE_LENGTH_MAX = 65_536;
/** Limits of scrypt's cost `n`, and of `n * r`: 128 bytes each, so 1 GiB. */
const SCRYPT_N_MAX = 2 ** 20;
const SCRYPT_MEMORY_BLOCKS_MAX = 2 ** 23;
/** Limit of `n * r * p`; a keystore of standard cost has 2^20, which takes half a second. */
const SCRYPT_WORK_MAX = 2 ** 23;
/** Sixteen times the rounds that geth uses. */
const PBKDF2_ROUNDS_MAX = 2 ** 22;

const LABEL_LENGTH_MAX = 256;

const HEX = /^(?:[0-9a-fA-F]{2})*$/;

/**
 * Parses a keystore from JSON text or an object.
 * @throws KEYSTORE_MALFORMED with the field's name; the content is never quoted
 */
export function parseKeystoreJson(source: unknown): KeystoreJson {
  const file = record(typeof source === 'string' ? parseText(source) : source, 'the file');
  if (file.version !== 3 && file.version !== '3') malformed('version', 'must be 3');
  const crypto = record(file.crypto ?? file.Crypto, 'crypto');
  if (crypto.cipher !== 'aes-128-ctr') malformed('crypto.cipher', 'must be "aes-128-ctr"');
  const cipherparams = record(crypto.cipherparams, 'crypto.cipherparams');
  const kdfparams = record(crypto.kdfparams, 'crypto.kdfparams');
  const id = file.id;
  if (id !== undefined && (typeof id !== 'string' || !/^[0-9a-fA-F-]{1,64}$/.test(id)))
    malformed('id', 'must be a UUID');
  const address = addressOf(file.address);
  const label = typeof file.label === 'string' ? file.label.slice(0, LABEL_LENGTH_MAX) : '';
  return {
    version: 3,
    ...(id === undefined ? {} : { id }),
    ...(address === undefined ? {} : { address: address.slice(2) }),
    ...(label === '' ? {} : { label }),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: hex(cipherparams.iv, 'crypto.cipherparams.iv', 16, 16) },
      ciphertext: hex(crypto.ciphertext, 'crypto.ciphertext', CIPHERTEXT_BYTES_MIN, CIPHERTEXT_BYTES),
      ...keyDerivation(crypto.kdf, kdfparams),
      mac: hex(crypto.mac, 'crypto.mac', 32, 32),
    },
  };
}

/** Whether ethers rejects the keystore although it is valid: see `platform-decrypt.ts`. */
export function needsPlatformDecryption(json: KeystoreJson): boolean {
  const { kdf, kdfparams, ciphertext } = json.crypto;
  if (ciphertext.length < 2 * CIPHERTEXT_BYTES) return true;
  return kdf === 'scrypt' && Math.log2((kdfparams as ScryptParams).n) >= 16 * (kdfparams as ScryptParams).r;
}

function keyDerivation(
  kdf: unknown,
  params: Record<string, unknown>,
): { kdf: 'scrypt' | 'pbkdf2'; kdfparams: ScryptParams | Pbkdf2Params } {
  if (params.dklen !== 32) malformed('crypto.kdfparams.dklen', 'must be 32');
  const salt = hex(params.salt, 'crypto.kdfparams.salt', 0, 256);
  if (kdf === 'pbkdf2') {
    const c = whole(params.c, 'crypto.kdfparams.c', PBKDF2_ROUNDS_MAX);
    if (params.prf !== 'hmac-sha256') malformed('crypto.kdfparams.prf', 'must be "hmac-sha256"');
    return { kdf, kdfparams: { dklen: 32, c, prf: 'hmac-sha256', salt } };
  }
  if (kdf !== 'scrypt') malformed('crypto.kdf', 'must be "scrypt" or "pbkdf2"');
  const n = whole(params.n, 'crypto.kdfparams.n', SCRYPT_N_MAX);
  if (n < 2 || (n & (n - 1)) !== 0) malformed('crypto.kdfparams.n', 'must be a power of two');
  const r = whole(params.r, 'crypto.kdfparams.r', 64);
  const p = whole(params.p, 'crypto.kdfparams.p', 64);
  if (n * r > SCRYPT_MEMORY_BLOCKS_MAX || n * r * p > SCRYPT_WORK_MAX) {
    malformed('crypto.kdfparams', `needs too much computation: n * r * p must be at most ${SCRYPT_WORK_MAX}`);
  }
  return { kdf: 'scrypt', kdfparams: { dklen: 32, n, r, p, salt } };
}

function parseText(text: string): unknown {
  if (text.length > KEYSTORE_LENGTH_MAX)
    malformed('the file', `is longer than ${KEYSTORE_LENGTH_MAX} characters`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own error quotes the text, which may be an unencrypted private key.
    return malformed('the file', 'is not JSON');
  }
}

function addressOf(value: unknown): Address | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || !/^(?:0x)?[0-9a-fA-F]{40}$/.test(value))
    malformed('address', 'must be 40 hexadecimal digits');
  return normalizeAddress(value);
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    malformed(field, 'must be an object');
  return value as Record<string, unknown>;
}

function hex(value: unknown, field: string, bytesMin: number, bytesMax: number): string {
  const text = typeof value === 'string' && value.startsWith('0x') ? value.slice(2) : value;
  if (
    typeof text !== 'string' ||
    text.length > 2 * bytesMax ||
    text.length < 2 * bytesMin ||
    !HEX.test(text)
  ) {
    const size = bytesMin === bytesMax ? String(bytesMin) : `${bytesMin} to ${bytesMax}`;
    malformed(field, `must be ${size} bytes in hexadecimal`);
  }
  return text.toLowerCase();
}

function whole(value: unknown, field: string, max: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > max) {
    malformed(field, `must be a whole number from 1 to ${max}`);
  }
  return value as number;
}

function malformed(field: string, rule: string): never {
  throw new ManyhandsError(
    'KEYSTORE_MALFORMED',
    `Not a supported keystore (Ethereum V3 JSON): ${field} ${rule}.`,
    { field },
  );
}
