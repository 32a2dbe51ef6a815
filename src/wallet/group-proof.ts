/**
 * Proves knowledge of a compute group's secret. A key pair is derived from the secret: its address identifies the group
 * to the scheduler, and a signature over the challenge of a connection proves the secret. Neither allows others to
 * join: not an eavesdropper, not a reader of a job's package, and not a reader of the scheduler's database.
 * @module
 */
import { setNewest } from '../lib/bounded-map.js';
import { ManyhandsError } from '../lib/errors.js';
import { toHex } from '../lib/crypto/ids.js';
import { scryptKey } from '../lib/crypto/key-derivation.js';
import type { Address } from '../lib/address.js';
import { loadSigning } from './ethers.js';
import type { GroupCredential, GroupProof } from './group-credential.js';
import { parsePrivateKey } from './private-key.js';
import type { Challenge } from './session-proof.js';
import { recoverSigner, signTypedDataWithKey } from './typed-data.js';
import type { TypedData } from './typed-data.js';

/**
 * The cost of scrypt, about 0.1 s and 16 MiB for each secret, makes it expensive to guess a short secret from the
 * address.
 */
const COST = { n: 2 ** 14, r: 8, p: 1 };

/** Number of cached keys, of the most recently used secrets. */
const KEYS_MAX = 64;

const keys = new Map<string, Promise<Uint8Array>>();

/** The address that identifies a group with a secret. */
export async function groupAddress(credential: Required<GroupCredential>): Promise<Address> {
  const [{ SigningKey, computeAddress }, key] = await Promise.all([loadSigning(), groupKey(credential)]);
  return computeAddress(new SigningKey(key)).toLowerCase();
}

/** Signs the challenge of one connection of one scheduler. */
export async function signGroup(
  credential: Required<GroupCredential>,
  challenge: Challenge,
): Promise<GroupProof> {
  const { key } = credential;
  const [address, privateKey] = await Promise.all([groupAddress(credential), groupKey(credential)]);
  return { key, address, signature: await signTypedDataWithKey(privateKey, typed(key, challenge)) };
}

/** @throws UNAUTHENTICATED if the signature is not that of the named address */
export async function checkGroupProof(proof: GroupProof, challenge: Challenge): Promise<void> {
  const signer = await recoverSigner(typed(proof.key, challenge), proof.signature);
  if (signer === proof.address) return;
  throw new ManyhandsError(
    'UNAUTHENTICATED',
    `The proof for the compute group '${proof.key}' is not a signature of ${proof.address} over this connection's challenge.`,
    { group: proof.key },
  );
}

function groupKey({ key, secretHash }: Required<GroupCredential>): Promise<Uint8Array> {
  const id = `${secretHash} ${key}`;
  const found = keys.get(id) ?? deriveKey(key, secretHash);
  setNewest(keys, id, found, KEYS_MAX);
  return found;
}

/** One in 2^128 secrets gives no valid key of the curve and is rejected. */
async function deriveKey(key: string, secretHash: string): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const salt = encoder.encode(`manyhands compute group ${key}`);
  return parsePrivateKey(toHex(await scryptKey(encoder.encode(secretHash), salt, COST)));
}

function typed(key: string, { schedulerId, challenge }: Challenge): TypedData {
  return {
    schedulerId,
    name: 'GroupMembership',
    fields: [
      { name: 'challenge', type: 'bytes32' },
      { name: 'group', type: 'string' },
    ],
    values: { challenge: `0x${challenge}`, group: key },
  };
}
