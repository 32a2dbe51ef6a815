/**
 * Loads ethers on demand, which takes 50 to 110 ms: when something is signed, verified or unlocked, never when the
 * wallet is imported.
 * @module
 */
import type * as Crypto from 'ethers/crypto';
import type * as Hash from 'ethers/hash';
import type * as Transaction from 'ethers/transaction';
import type * as KeystoreFiles from 'ethers/wallet';

/** The functions that sign and recover signers. */
type Signing = Pick<typeof Crypto, 'SigningKey' | 'keccak256'> &
  Pick<typeof Hash, 'TypedDataEncoder'> &
  Pick<typeof Transaction, 'computeAddress' | 'recoverAddress'>;

let signing: Promise<Signing> | undefined;

/** Loads the functions that sign and recover signers: half of the cost of the whole library. */
export function loadSigning(): Promise<Signing> {
  signing ??= importSigning().catch((error: unknown) => {
    // A page that was offline can retry.
    signing = undefined;
    throw error;
  });
  return signing;
}

async function importSigning(): Promise<Signing> {
  const [{ SigningKey, keccak256 }, { TypedDataEncoder }, { computeAddress, recoverAddress }] =
    await Promise.all([import('ethers/crypto'), import('ethers/hash'), import('ethers/transaction')]);
  return { SigningKey, keccak256, TypedDataEncoder, computeAddress, recoverAddress };
}

/** Loads the functions that encrypt and decrypt keystores. */
export function loadKeystoreFiles(): Promise<typeof KeystoreFiles> {
  return import('ethers/wallet');
}
