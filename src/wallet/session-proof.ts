/**
 * Proves that a connection belongs to an address: by its signature over the scheduler's challenge for this connection.
 * The challenge has its own type of typed data, so that a proof cannot be used as an offer.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import type { Address } from '../lib/address.js';
import type { Keystore } from './keystore.js';
import { recoverSigner, signTypedData } from './typed-data.js';
import type { TypedData } from './typed-data.js';

/** The challenge of the scheduler's welcome; both fields are 64 lower-case hexadecimal digits. */
export interface Challenge {
  schedulerId: string;
  challenge: string;
}

const HASH_PATTERN = /^[0-9a-f]{64}$/;

/** @throws INVALID_ARGUMENT, KEYSTORE_LOCKED */
export async function signChallenge(keystore: Keystore, challenge: Challenge): Promise<string> {
  return signTypedData(keystore, toTypedData(challenge));
}

/** The address of the signer. @throws INVALID_ARGUMENT, UNAUTHENTICATED if the signature is invalid */
export async function recoverChallenge(proof: Challenge & { signature: string }): Promise<Address> {
  const signer =
    typeof proof.signature === 'string'
      ? await recoverSigner(toTypedData(proof), proof.signature)
      : undefined;
  if (signer === undefined) {
    throw new ManyhandsError(
      'UNAUTHENTICATED',
      'The signature over the challenge of this connection is malformed.',
    );
  }
  return signer;
}

function toTypedData({ schedulerId, challenge }: Challenge): TypedData {
  if (!HASH_PATTERN.test(schedulerId) || !HASH_PATTERN.test(challenge)) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'A scheduler id and a challenge must be 64 lower-case hexadecimal digits each.',
    );
  }
  return {
    schedulerId,
    name: 'Session',
    fields: [
      { name: 'challenge', type: 'bytes32' },
      { name: 'purpose', type: 'string' },
    ],
    values: { challenge: `0x${challenge}`, purpose: 'prove who deploys over this connection' },
  };
}
