/**
 * EIP-712 signatures in the domain of one scheduler, so that they are invalid at any other. Only the canonical form of
 * a signature is accepted (low s, v of 27 or 28).
 * @module
 */
import type { TypedDataField } from 'ethers/hash';
import type { Address } from '../lib/address.js';
import { loadSigning } from './ethers.js';
import { signDigest } from './keystore.js';
import type { Keystore } from './keystore.js';

/** A typed structure with its fields and values, and the id of the scheduler (64 hexadecimal digits). */
export interface TypedData {
  schedulerId: string;
  name: string;
  fields: TypedDataField[];
  values: Record<string, string | bigint>;
}

const SIGNATURE_PATTERN = /^0x([0-9a-f]{64})([0-9a-f]{64})(1b|1c)$/;
const HALF_CURVE_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** @throws KEYSTORE_LOCKED */
export async function signTypedData(keystore: Keystore, data: TypedData): Promise<string> {
  return signDigest(keystore, await digestOf(data));
}

/** Like `signTypedData`, with a private key of 32 bytes in place of a keystore. */
export async function signTypedDataWithKey(key: Uint8Array, data: TypedData): Promise<string> {
  const [{ SigningKey }, digest] = await Promise.all([loadSigning(), digestOf(data)]);
  return new SigningKey(key).sign(digest).serialized;
}

/** The address of the signer; `undefined` if the signature is invalid or not canonical. */
export async function recoverSigner(data: TypedData, signature: string): Promise<Address | undefined> {
  const parts = SIGNATURE_PATTERN.exec(signature);
  if (parts === null || BigInt(`0x${parts[2] ?? ''}`) > HALF_CURVE_ORDER) return undefined;
  const [{ recoverAddress }, digest] = await Promise.all([loadSigning(), digestOf(data)]);
  try {
    return recoverAddress(digest, signature).toLowerCase();
  } catch {
    // The curve has no point with this r.
    return undefined;
  }
}

async function digestOf({ schedulerId, name, fields, values }: TypedData): Promise<string> {
  const { TypedDataEncoder } = await loadSigning();
  const domain = { name: 'manyhands', version: '1', salt: `0x${schedulerId}` };
  return TypedDataEncoder.hash(domain, { [name]: fields }, values);
}
