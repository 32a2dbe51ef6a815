/**
 * Payment offers: signed promises of credits for the slices of one owner's job package at one scheduler. This module
 * creates offers and verifies signatures; the scheduler checks replay, expiry and funds.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { ADDRESS_PATTERN } from '../lib/address.js';
import type { Address } from '../lib/address.js';
import { UNITS_MAX } from '../lib/units.js';
import { findAddress } from './keystore.js';
import type { Keystore } from './keystore.js';
import { recoverSigner, signTypedData } from './typed-data.js';
import type { TypedData } from './typed-data.js';

/** The terms of an offer. Amounts are in units (1 credit = 10^9 units). */
export interface OfferTerms {
  /** The owner of the job: the identity that deploys it. An intercepted offer cannot pay for a job of another owner. */
  owner: Address;
  /** SHA-256 of the job package, 64 lower-case hexadecimal digits. */
  packageDigest: string;
  /** Maximum price of one slice. */
  pricePerSlice: bigint;
  /** Maximum cost of the whole job. */
  ceiling: bigint;
  /** Wall time until which the offer can be accepted, milliseconds since 1970. */
  acceptBeforeMs: number;
  /** 64 lower-case hexadecimal digits, used once. */
  nonce: string;
}

/** A signed offer, as it is sent. */
export interface SignedOffer extends OfferTerms {
  /** The account that pays and signs. */
  account: Address;
  /** `0x` and 130 lower-case hexadecimal digits. */
  signature: string;
}

const HASH_PATTERN = /^[0-9a-f]{64}$/;
const SIGNATURE_PATTERN = /^0x[0-9a-f]{130}$/;

const FIELDS = [
  { name: 'account', type: 'address' },
  { name: 'owner', type: 'address' },
  { name: 'packageDigest', type: 'bytes32' },
  { name: 'pricePerSlice', type: 'uint256' },
  { name: 'ceiling', type: 'uint256' },
  { name: 'acceptBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
];

/**
 * Signs an offer with the keystore of the paying account.
 * @throws OFFER_MALFORMED, KEYSTORE_LOCKED
 */
export async function signOffer(
  keystore: Keystore,
  offer: OfferTerms & { schedulerId: string },
): Promise<SignedOffer> {
  const { schedulerId, owner, packageDigest, pricePerSlice, ceiling, acceptBeforeMs, nonce } = offer;
  checkSchedulerId(schedulerId);
  const account = await findAddress(keystore);
  const terms = { account, owner, packageDigest, pricePerSlice, ceiling, acceptBeforeMs, nonce };
  checkTerms(terms);
  return { ...terms, signature: await signTypedData(keystore, toTypedData(terms, schedulerId)) };
}

/**
 * Verifies that the named account signed this offer for this scheduler, and returns the account.
 * @throws OFFER_MALFORMED, OFFER_SIGNATURE_INVALID
 */
export async function recoverOffer(offer: SignedOffer, schedulerId: string): Promise<Address> {
  checkSchedulerId(schedulerId);
  checkOfferShape(offer);
  const signer = await recoverSigner(toTypedData(offer, schedulerId), offer.signature);
  if (signer !== offer.account) {
    throw new ManyhandsError(
      'OFFER_SIGNATURE_INVALID',
      `The payment offer is not signed by its account ${offer.account} for this scheduler and with these terms. ` +
        'Sign it again with the keystore of that account, for this scheduler.',
      { account: offer.account },
    );
  }
  return signer;
}

/**
 * Checks the form of each field of an untrusted offer. The signature is verified by `recoverOffer`.
 * @throws OFFER_MALFORMED
 */
export function checkOfferShape(offer: unknown): asserts offer is SignedOffer {
  if (typeof offer !== 'object' || offer === null) malformed('the offer', 'must be an object');
  const given = offer as Partial<Record<keyof SignedOffer, unknown>>;
  checkTerms(given);
  if (typeof given.signature !== 'string' || !SIGNATURE_PATTERN.test(given.signature)) {
    malformed('signature', 'must be 0x and 130 lower-case hexadecimal digits');
  }
}

function checkTerms(offer: Partial<Record<keyof SignedOffer, unknown>>): void {
  for (const name of ['account', 'owner'] as const) {
    const value = offer[name];
    if (typeof value !== 'string' || !ADDRESS_PATTERN.test(value))
      malformed(name, 'must be 0x and 40 lower-case hexadecimal digits');
  }
  for (const name of ['packageDigest', 'nonce'] as const) {
    const value = offer[name];
    if (typeof value !== 'string' || !HASH_PATTERN.test(value))
      malformed(name, 'must be 64 lower-case hexadecimal digits');
  }
  for (const name of ['pricePerSlice', 'ceiling'] as const) {
    const value = offer[name];
    if (typeof value !== 'bigint' || value < 0n || value > UNITS_MAX)
      malformed(name, 'must be a bigint from 0 to 2^63 - 1');
  }
  const { acceptBeforeMs } = offer;
  if (!Number.isSafeInteger(acceptBeforeMs) || (acceptBeforeMs as number) < 0) {
    malformed('acceptBeforeMs', 'must be milliseconds since 1970, a whole number');
  }
}

function checkSchedulerId(schedulerId: unknown): void {
  if (typeof schedulerId !== 'string' || !HASH_PATTERN.test(schedulerId)) {
    malformed('schedulerId', 'must be 64 lower-case hexadecimal digits');
  }
}

function toTypedData(offer: OfferTerms & { account: Address }, schedulerId: string): TypedData {
  return {
    schedulerId,
    name: 'PaymentOffer',
    fields: FIELDS,
    values: {
      account: offer.account,
      owner: offer.owner,
      packageDigest: `0x${offer.packageDigest}`,
      pricePerSlice: offer.pricePerSlice,
      ceiling: offer.ceiling,
      acceptBefore: BigInt(offer.acceptBeforeMs),
      nonce: `0x${offer.nonce}`,
    },
  };
}

function malformed(field: string, rule: string): never {
  throw new ManyhandsError('OFFER_MALFORMED', `The payment offer is malformed: ${field} ${rule}.`, {
    field,
  });
}
