/**
 * Proof that a connection belongs to an address: its signature over the challenge that the scheduler made for
 * this one connection. The challenge is typed data of its own, so that no proof can pass for an offer.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import type { Address } from './address.js';
import type { Keystore } from './keystore.js';
import { recoverSigner, signTypedData } from './typed-data.js';
import type { TypedData } from './typed-data.js';

/** Both are 64 lower-case hexadecimal digits, as the scheduler's welcome has them. */
export interface Challenge {
  schedulerId: string;
  challenge: string;
}

const HASH_PATTERN = /^[0-9a-f]{64}$/;

/** @throws INVALID_ARGUMENT, KEYSTORE_LOCKED */
export async function signChallenge(keystore: Keystore, challenge: Challenge): Promise<string> {
  return signTypedData(keystore, typed(challenge));
}

/** Who signed. @throws INVALID_ARGUMENT, UNAUTHENTICATED where the signature is nobody's */
export async function recoverChallenge(proof: Challenge & { signature: string }): Promise<Address> {
  const signer =
    typeof proof.signature === 'string' ? await recoverSigner(typed(proof), proof.signature) : undefined;
  if (signer === undefined) {
    throw new ManyhandsError(
      'UNAUTHENTICATED',
      'The signature over the challenge of this connection cannot be read.',
    );
  }
  return signer;
}

function typed({ schedulerId, challenge }: Challenge): TypedData {
  if (!HASH_PATTERN.test(schedulerId) || !HASH_PATTERN.test(challenge)) {
    throw new ManyhandsError(
      'INVALID_ARGUMENT',
      'A scheduler id and a challenge are 64 lower-case hexadecimal digits each.',
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
