import { verifyTypedData } from 'ethers/hash';
import { expect, it } from 'vitest';
import vector from '../../tests/vectors/group-proof.json' with { type: 'json' };
import { checkGroupProof, groupAddress, signGroup } from './group-proof.js';
import { hashSecret } from './group-credential.js';

const { key, secret, schedulerId, challenge, address, signature } = vector;
const credential = { key, secretHash: hashSecret(secret) };

it('a group proof equals the golden vector', async () => {
  expect(await groupAddress(credential)).toBe(address);
  expect(await signGroup(credential, { schedulerId, challenge })).toEqual({ key, address, signature });
});

it('can be verified by other EIP-712 software', () => {
  const domain = { name: 'manyhands', version: '1', salt: `0x${schedulerId}` };
  const types = {
    GroupMembership: [
      { name: 'challenge', type: 'bytes32' },
      { name: 'group', type: 'string' },
    ],
  };
  const values = { challenge: `0x${challenge}`, group: key };
  expect(verifyTypedData(domain, types, values, signature).toLowerCase()).toBe(address);
});

it('a group proof is valid only for one connection, one scheduler and one group', async () => {
  const proof = { key, address, signature };
  await checkGroupProof(proof, { schedulerId, challenge });
  const refused = expect.objectContaining({ code: 'UNAUTHENTICATED' }) as unknown;
  await expect(checkGroupProof(proof, { schedulerId, challenge: '0'.repeat(64) })).rejects.toEqual(refused);
  await expect(checkGroupProof(proof, { schedulerId: '0'.repeat(64), challenge })).rejects.toEqual(refused);
  await expect(checkGroupProof({ ...proof, key: 'lob' }, { schedulerId, challenge })).rejects.toEqual(
    refused,
  );
  await expect(
    checkGroupProof({ ...proof, address: `0x${'1'.repeat(40)}` }, { schedulerId, challenge }),
  ).rejects.toEqual(refused);
});

it('a group proof derives another address from the same secret in another group', async () => {
  expect(await groupAddress({ ...credential, key: 'another' })).not.toBe(address);
});
