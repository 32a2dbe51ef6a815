import fc from 'fast-check';
import { TypedDataEncoder } from 'ethers/hash';
import { Wallet as EthersWallet } from 'ethers/wallet';
import { describe, expect, it } from 'vitest';
import vector from '../../tests/vectors/offer.json' with { type: 'json' };
import { isError } from '../lib/errors.js';
import type { WireOffer as WireOffer } from '../protocol/messages/messages.js';
import { Keystore } from './keystore.js';
import { checkOfferShape, recoverOffer, signOffer } from './offer.js';
import type { SignedOffer } from './offer.js';
import { recoverChallenge, signChallenge } from './session-proof.js';

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const schedulerId = vector.schedulerId;
const terms = {
  owner: vector.owner,
  packageDigest: vector.packageDigest,
  pricePerSlice: BigInt(vector.pricePerSlice),
  ceiling: BigInt(vector.ceiling),
  acceptBeforeMs: vector.acceptBeforeMs,
  nonce: vector.nonce,
};
const keystore = await Keystore.fromPrivateKey(vector.privateKey);
const golden: SignedOffer = { ...terms, account: vector.account, signature: vector.signature };

describe('an offer', () => {
  it('is signed like the golden vector', async () => {
    expect(await signOffer(keystore, { ...terms, schedulerId })).toEqual(golden);
  });

  it('equals the signature of other EIP-712 software', async () => {
    const domain = { name: 'manyhands', version: '1', salt: `0x${schedulerId}` };
    const types = {
      PaymentOffer: [
        { name: 'account', type: 'address' },
        { name: 'owner', type: 'address' },
        { name: 'packageDigest', type: 'bytes32' },
        { name: 'pricePerSlice', type: 'uint256' },
        { name: 'ceiling', type: 'uint256' },
        { name: 'acceptBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    };
    const values = {
      account: vector.account,
      owner: vector.owner,
      packageDigest: `0x${vector.packageDigest}`,
      pricePerSlice: terms.pricePerSlice,
      ceiling: terms.ceiling,
      acceptBefore: vector.acceptBeforeMs,
      nonce: `0x${vector.nonce}`,
    };
    expect(TypedDataEncoder.hash(domain, types, values)).toBe(vector.digest);
    const other = new EthersWallet(`0x${vector.privateKey}`);
    expect(await other.signTypedData(domain, types, values)).toBe(vector.signature);
  });

  it('has the form of the protocol', () => {
    const wire: WireOffer = golden;
    checkOfferShape(wire);
    expect(Object.keys(golden).sort()).toEqual(
      [
        'acceptBeforeMs',
        'account',
        'ceiling',
        'nonce',
        'owner',
        'packageDigest',
        'pricePerSlice',
        'signature',
      ].sort(),
    );
  });

  it('gives its signer back', async () => {
    await expect(recoverOffer(golden, schedulerId)).resolves.toBe(vector.account);
  });

  it.each([
    ['packageDigest', '11'.repeat(32)],
    ['pricePerSlice', 0n],
    ['ceiling', terms.ceiling - 1n],
    ['acceptBeforeMs', terms.acceptBeforeMs + 1],
    ['nonce', '11'.repeat(32)],
    ['account', `0x${'11'.repeat(20)}`],
    ['owner', `0x${'11'.repeat(20)}`],
  ])('has an invalid signature with another %s', async (field, value) => {
    await expect(recoverOffer({ ...golden, [field]: value }, schedulerId)).rejects.toMatchObject({
      code: 'OFFER_SIGNATURE_INVALID',
    });
  });

  it('is invalid at another scheduler', async () => {
    await expect(recoverOffer(golden, '00'.repeat(32))).rejects.toMatchObject({
      code: 'OFFER_SIGNATURE_INVALID',
    });
  });

  it('is invalid if another account signed it', async () => {
    const theirs = await signOffer(await Keystore.create(), { ...terms, schedulerId });
    const forged = { ...theirs, account: golden.account };
    await expect(recoverOffer(forged, schedulerId)).rejects.toMatchObject({
      code: 'OFFER_SIGNATURE_INVALID',
    });
  });

  it('has one canonical signature: other valid forms are rejected', async () => {
    const r = golden.signature.slice(2, 66);
    const s = (CURVE_ORDER - BigInt(`0x${golden.signature.slice(66, 130)}`)).toString(16).padStart(64, '0');
    const v = golden.signature.endsWith('1b') ? '1c' : '1b';
    const eip155 = golden.signature.endsWith('1b') ? '00' : '01';
    for (const signature of [
      `0x${r}${s}${v}`,
      golden.signature.slice(0, -2) + eip155,
      `0x${'00'.repeat(64)}1b`,
    ]) {
      await expect(recoverOffer({ ...golden, signature }, schedulerId)).rejects.toMatchObject({
        code: 'OFFER_SIGNATURE_INVALID',
      });
    }
  });

  it.each([
    ['account', golden.account.toUpperCase()],
    ['account', golden.account.slice(2)],
    ['owner', golden.owner.toUpperCase()],
    ['owner', undefined],
    ['packageDigest', 'A'.repeat(64)],
    ['packageDigest', `0x${golden.packageDigest}`],
    ['pricePerSlice', 1],
    ['pricePerSlice', -1n],
    ['pricePerSlice', 2n ** 63n],
    ['ceiling', '5'],
    ['ceiling', 2n ** 64n],
    ['acceptBeforeMs', 1.5],
    ['acceptBeforeMs', -1],
    ['acceptBeforeMs', 2 ** 53],
    ['acceptBeforeMs', 5n],
    ['nonce', undefined],
    ['signature', golden.signature.toUpperCase()],
    ['signature', golden.signature.slice(0, -2)],
    ['signature', null],
  ])('is malformed if %s is %s', async (field, value) => {
    const bad = { ...golden, [field]: value };
    await expect(recoverOffer(bad, schedulerId)).rejects.toMatchObject({
      code: 'OFFER_MALFORMED',
      info: { field },
    });
  });

  it('is not signed with invalid terms', async () => {
    const bad = { ...terms, ceiling: -1n, schedulerId };
    await expect(signOffer(keystore, bad)).rejects.toMatchObject({ code: 'OFFER_MALFORMED' });
    await expect(signOffer(keystore, { ...terms, schedulerId: 'x' })).rejects.toMatchObject({
      code: 'OFFER_MALFORMED',
    });
    await expect(recoverOffer(golden, 'x')).rejects.toMatchObject({ code: 'OFFER_MALFORMED' });
  });

  it('of any form is accepted or rejected with a code', async () => {
    const mutated = fc
      .tuple(fc.constantFrom(...Object.keys(golden)), fc.oneof(fc.anything(), fc.bigInt(), fc.string()))
      .map(([field, value]) => ({ ...golden, [field]: value }));
    const signatures = fc
      .uint8Array({ minLength: 65, maxLength: 65 })
      .map((bytes) => ({ ...golden, signature: `0x${Buffer.from(bytes).toString('hex')}` }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.anything(), mutated, signatures), async (offer) => {
        const error: unknown = await recoverOffer(offer as SignedOffer, schedulerId).catch((e: unknown) => e);
        const coded = isError(error, 'OFFER_MALFORMED') || isError(error, 'OFFER_SIGNATURE_INVALID');
        expect(coded || error === golden.account, String(error)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a session proof', () => {
  const challenge = '5a'.repeat(32);

  it('gives its signer back', async () => {
    const signature = await signChallenge(keystore, { schedulerId, challenge });
    expect(signature).toBe(vector.sessionProof);
    await expect(recoverChallenge({ schedulerId, challenge, signature })).resolves.toBe(vector.account);
  });

  it('is invalid for another connection or scheduler', async () => {
    const signature = await signChallenge(keystore, { schedulerId, challenge });
    for (const other of [
      { schedulerId, challenge: '00'.repeat(32), signature },
      { schedulerId: '00'.repeat(32), challenge, signature },
    ]) {
      expect(await recoverChallenge(other)).not.toBe(vector.account);
    }
  });

  it.each(['', '0x', 'x'.repeat(132), `0x${'ff'.repeat(65)}`, null, 7])(
    'that is %s is refused',
    async (signature) => {
      await expect(
        recoverChallenge({ schedulerId, challenge, signature: signature as string }),
      ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    },
  );

  it('is created only for well-formed challenges', async () => {
    await expect(signChallenge(keystore, { schedulerId, challenge: 'x' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
