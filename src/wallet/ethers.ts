/**
 * The one door to ethers, which takes 50 to 110 ms to load: it opens when something is signed, checked or
 * unlocked, never by importing the wallet.
 * @module
 */
import type * as Crypto from 'ethers/crypto';
import type * as Hash from 'ethers/hash';
import type * as Transaction from 'ethers/transaction';
import type * as KeystoreFiles from 'ethers/wallet';

/** What signs and recovers. */
type Signing = Pick<typeof Crypto, 'SigningKey' | 'keccak256'> &
  Pick<typeof Hash, 'TypedDataEncoder'> &
  Pick<typeof Transaction, 'computeAddress' | 'recoverAddress'>;

let signing: Promise<Signing> | undefined;

/** Loads what signs and recovers: half of the cost of the whole library. */
export function loadSigning(): Promise<Signing> {
  signing ??= importSigning().catch((error: unknown) => {
    // A page that was offline for a moment may try again.
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

/** Loads what encrypts and decrypts keystores. */
export function loadKeystoreFiles(): Promise<typeof KeystoreFiles> {
  return import('ethers/wallet');
}
