/**
 * The worked example of docs/client.md, for programs in other languages: every figure of `client-example.json` is computed
 * here from the code and from independent software (ethers for EIP-712, Node for key derivation), and the page shows all of
 * these figures and no others.
 * @module
 */
import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { computeAddress } from 'ethers/transaction';
import { keccak256, SigningKey } from 'ethers/crypto';
import { id, TypedDataEncoder } from 'ethers/hash';
import { expect, test } from 'vitest';
import type { JobPackage } from '../../src/protocol/job/job-package.js';
import { canonicalPackage } from '../../src/protocol/job/job-package.js';
import { encodeJobPackage, packageDigest } from '../../src/protocol/job/job-package-codec.js';
import { toCursor } from '../../src/protocol/messages/cursor.js';
import { SegmentWriter } from '../../src/protocol/segment/segment.js';
import { encodeMessage } from '../../src/protocol/wire/codec.js';
import { PROTOCOL_VERSION } from '../../src/protocol/messages/version.js';
import { errorCodesTable, limitsTable } from '../../src/protocol/wire/wire-tables.js';
import { hashSecret } from '../../src/wallet/group-credential.js';
import { groupAddress } from '../../src/wallet/group-proof.js';
import { Keystore } from '../../src/wallet/keystore.js';
import { signOffer } from '../../src/wallet/offer.js';
import { signChallenge } from '../../src/wallet/session-proof.js';
import example from './client-example.json' with { type: 'json' };
import groupProof from './group-proof.json' with { type: 'json' };
import keystores from './keystores.json' with { type: 'json' };
import { build } from './notation.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../docs/client.md');
const { givens, figures } = example;
const { schedulerId, challenge } = givens;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bare = (hex: string): string => hex.replace(/^0x/, '');
const keccak = (text: string): string => bare(id(text));
const domain = (salt: string): { name: string; version: string; salt: string } => ({
  name: 'manyhands',
  version: '1',
  salt: `0x${salt}`,
});
const typed = (structure: string): Record<string, { name: string; type: string }[]> => {
  const [, name = '', fields = ''] = /^(\w+)\((.*)\)$/.exec(structure) ?? [];
  const pairs = fields.split(',').map((field) => field.split(' ') as [string, string]);
  return { [name]: pairs.map(([type, field]) => ({ name: field, type })) };
};

const OFFER =
  'PaymentOffer(address account,address owner,bytes32 packageDigest,uint256 pricePerSlice,uint256 ceiling,uint256 acceptBefore,bytes32 nonce)';
const SESSION = 'Session(bytes32 challenge,string purpose)';
const GROUP = 'GroupMembership(bytes32 challenge,string group)';
const DOMAIN = 'EIP712Domain(string name,string version,bytes32 salt)';
const PURPOSE = 'prove who deploys over this connection';

test('the figures of the example job are those of the code', async () => {
  const keystore = await Keystore.fromPrivateKey(givens.privateKey);
  const bytes = encodeJobPackage(build(givens.package) as JobPackage);
  const segment = (values: readonly unknown[]): string => {
    const writer = new SegmentWriter();
    for (const value of values) writer.appendValue(value);
    return hexOf(writer.finish());
  };
  const terms = {
    owner: keystore.address,
    packageDigest: packageDigest(bytes),
    pricePerSlice: BigInt(givens.offer.pricePerSlice),
    ceiling: BigInt(givens.offer.ceiling),
    acceptBeforeMs: givens.offer.acceptBeforeMs,
    nonce: givens.offer.nonce,
  };
  expect({
    address: keystore.address,
    package: hexOf(bytes),
    packageDigest: packageDigest(bytes),
    offerSignature: (await signOffer(keystore, { ...terms, schedulerId })).signature,
    sessionSignature: await signChallenge(keystore, { schedulerId, challenge }),
    input: segment(givens.data),
    outcomes: segment(givens.results),
    hello: hexOf(
      encodeMessage({ type: 'hello', protocol: PROTOCOL_VERSION, software: 'my-client 1', role: 'deployer' }),
    ),
  }).toEqual({
    address: figures.address,
    package: figures.package,
    packageDigest: figures.packageDigest,
    offerSignature: figures.offerSignature,
    sessionSignature: figures.sessionSignature,
    input: figures.input,
    outcomes: figures.outcomes,
    hello: figures.hello,
  });
});

test('the steps between are those of other EIP-712 software', () => {
  const offer = {
    account: figures.address,
    owner: figures.address,
    packageDigest: `0x${figures.packageDigest}`,
    pricePerSlice: BigInt(givens.offer.pricePerSlice),
    ceiling: BigInt(givens.offer.ceiling),
    acceptBefore: givens.offer.acceptBeforeMs,
    nonce: `0x${givens.offer.nonce}`,
  };
  const session = { challenge: `0x${challenge}`, purpose: PURPOSE };
  const encoded = (structure: string, values: Record<string, unknown>): string =>
    bare(TypedDataEncoder.from(typed(structure)).encodeData(structure.split('(')[0]!, values));
  const signed = (structure: string, values: Record<string, unknown>, salt = schedulerId): string =>
    bare(TypedDataEncoder.hash(domain(salt), typed(structure), values));
  const structHash = (structure: string, values: Record<string, unknown>): string =>
    bare(TypedDataEncoder.hashStruct(structure.split('(')[0]!, typed(structure), values));
  const group = { challenge: `0x${groupProof.challenge}`, group: groupProof.key };

  expect(figures.domain).toBe([keccak(DOMAIN), keccak('manyhands'), keccak('1'), schedulerId].join(''));
  expect(figures.domainSeparator).toBe(bare(TypedDataEncoder.hashDomain(domain(schedulerId))));
  expect(figures.offer).toBe(encoded(OFFER, offer));
  expect(figures.offerHash).toBe(structHash(OFFER, offer));
  expect(figures.offerSigned).toBe(signed(OFFER, offer));
  expect(figures.session).toBe(encoded(SESSION, session));
  expect(figures.sessionHash).toBe(structHash(SESSION, session));
  expect(figures.sessionSigned).toBe(signed(SESSION, session));
  expect(figures.groupSigned).toBe(signed(GROUP, group, groupProof.schedulerId));
});

test('the keys of the group and of the keystore are derived as the page says', async () => {
  const { key, secret, address } = groupProof;
  expect(figures.groupSecretHash).toBe(hashSecret(secret));
  const salt = `manyhands compute group ${key}`;
  const cost = { N: 16_384, r: 8, p: 1 };
  expect(figures.groupKey).toBe(hexOf(scryptSync(figures.groupSecretHash, salt, 32, cost)));
  expect(computeAddress(new SigningKey(`0x${figures.groupKey}`)).toLowerCase()).toBe(address);
  expect(await groupAddress({ key, secretHash: figures.groupSecretHash })).toBe(address);
  const { kdfparams, ciphertext, mac } = keystores.pbkdf2.crypto;
  const { passphrase } = keystores;
  const derived = pbkdf2Sync(passphrase, Buffer.from(kdfparams.salt, 'hex'), kdfparams.c, 32, 'sha256');
  expect(figures.keystoreKey).toBe(hexOf(derived));
  const sealed = Buffer.concat([derived.subarray(16), Buffer.from(ciphertext, 'hex')]);
  expect(bare(keccak256(sealed))).toBe(mac);
});

test('the page shows these figures and no other hexadecimal digits', () => {
  const shown = Object.values({
    ...figures,
    privateKey: givens.privateKey,
    nonce: givens.offer.nonce,
    challenge,
    groupAddress: groupProof.address,
    mac: keystores.pbkdf2.crypto.mac,
    keystorePrivateKey: keystores.privateKey,
    keystoreAddress: keystores.address,
  }).map(bare);
  // Each cell of bytes on the page is part of one of the figures, and together the cells are all of them.
  const pieces = [...page.matchAll(/`(?:0x)?((?:[0-9a-f]{2})+)`/g)].map(([, hex]) => hex!);
  expect(pieces.filter((piece) => !shown.some((figure) => figure.includes(piece)))).toEqual([]);
  const text = pieces.join('');
  expect(shown.filter((figure) => !text.includes(figure))).toEqual([]);
  for (const structure of [OFFER, SESSION, GROUP, DOMAIN, PURPOSE])
    expect(page).toContain(`\`${structure}\``);
  expect(page).toContain(`These ${figures.package.length / 2} bytes`);
});

test('the limit, the error code and the cursor on the page are those of the code', () => {
  const [limit, error] = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(
    ([, json]) => JSON.parse(json!) as unknown,
  );
  const { SEGMENT_BYTES_MAX } = limitsTable().limits;
  expect(limit).toEqual({ protocol: PROTOCOL_VERSION, limits: { SEGMENT_BYTES_MAX } });
  const { LEASE_LOST } = errorCodesTable().errors;
  expect(error).toEqual({ protocol: PROTOCOL_VERSION, errors: { LEASE_LOST } });
  const [, row, epoch, cursor] = /row (\d+) of epoch (\d+) is the cursor (\d+)/.exec(page)!;
  expect(toCursor({ seq: Number(row), epoch: Number(epoch) })).toBe(Number(cursor));
});

test('docs/values.md lists all fields of a job package in the order of their encoding', () => {
  const blob = { blob: figures.packageDigest, bytes: 1 };
  const whole = canonicalPackage({
    ...(build(givens.package) as JobPackage),
    customWorktime: { name: 'lisp', version: '1', source: blob },
    wasm: { export: 'f', result: 'text', alloc: 'a', free: 'f', output: '/o', exitCodes: [0] },
    libraries: { ...blob, names: ['a'] },
    sourceMap: blob,
    captured: new Uint8Array([0x80]),
    fs: { ...blob, cwd: '/' },
    modules: { files: [{ name: 'a.whl', ...blob }], imports: ['a'] },
    origins: ['https://example.org'],
  });
  const section = /## Job packages\n(.*?)\n## /s.exec(read('../../docs/values.md'))![1]!;
  const table = section.slice(0, section.indexOf('\n\nA name with a dot'));
  const listed = [...table.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, field]) => field);
  expect(listed).toEqual(fieldsOf(whole));
});

/** The fields of a package with those of its maps. `env` and `requirements` have names of the user's, and bytes are no map. */
function fieldsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const path = prefix + name;
    const isMap = typeof field === 'object' && field !== null && !Array.isArray(field);
    if (!isMap || ArrayBuffer.isView(field) || ['env', 'requirements'].includes(path)) return [path];
    const isAlwaysBlob = ['fs', 'libraries', 'sourceMap'].includes(path);
    if (!isAlwaysBlob && ('inline' in field || 'blob' in field)) return [path];
    return fieldsOf(field, `${path}.`);
  });
}
