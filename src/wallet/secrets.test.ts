/**
 * No error of the wallet contains a key or a passphrase: the test causes every error that could.
 * @module
 */
import { inspect } from 'node:util';
import { encryptKeystoreJsonSync } from 'ethers/wallet';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.js';
import { isError } from '../lib/errors.js';
import { systemRandom } from '../lib/crypto/random.js';
import { memoryStorage } from '../lib/storage/storage.js';
import { Keystore, setPassphraseSource } from './keystore.js';
import { signOffer } from './offer.js';
import { signChallenge } from './session-proof.js';
import { createWallet } from './wallet.js';

const KEY = '4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';
const ADDRESS = '2c7536e3605d9c16a7a3d7b1898e529396a65c23';
const PASSPHRASE = 'correct horse battery staple';
/** Any eight characters of a secret are too many. */
const fragments = [KEY, PASSPHRASE].flatMap((secret) =>
  Array.from({ length: secret.length - 7 }, (_, i) => secret.slice(i, i + 8).toLowerCase()),
);

function expectClean(thing: unknown): void {
  const texts = new Set<string>();
  const seen = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.add(value);
    if (ArrayBuffer.isView(value)) texts.add(Buffer.from(value.buffer).toString('hex'));
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    texts.add(inspect(value, { depth: null, showHidden: true, getters: true }));
    texts.add(JSON.stringify(value) ?? '');
    if (value instanceof Error) [value.message, value.stack, value.cause, String(value)].forEach(walk);
    for (const name of Object.getOwnPropertyNames(value)) walk((value as Record<string, unknown>)[name]);
  };
  walk(thing);
  const all = [...texts].join('\n').toLowerCase();
  expect(fragments.filter((fragment) => all.includes(fragment))).toEqual([]);
}

const guardedText = encryptKeystoreJsonSync({ address: `0x${ADDRESS}`, privateKey: `0x${KEY}` }, PASSPHRASE, {
  scrypt: { N: 64 },
});
const guarded = (): Keystore => Keystore.fromJSON(guardedText, { label: 'mine' });
const offer = {
  schedulerId: 'aa'.repeat(32),
  owner: `0x${'dd'.repeat(20)}`,
  packageDigest: 'bb'.repeat(32),
  pricePerSlice: 1n,
  ceiling: 1n,
  acceptBeforeMs: 1,
  nonce: 'cc'.repeat(32),
};
const wallet = () =>
  createWallet({ storage: memoryStorage(), clock: systemClock, random: systemRandom, place: 'memory' });

const failures: [string, () => unknown][] = [
  ['a key one digit short', () => Keystore.fromPrivateKey(KEY.slice(1))],
  ['a key with one digit more', () => Keystore.fromPrivateKey(`${KEY}0`)],
  ['a key with a wrong character', () => Keystore.fromPrivateKey(KEY.replace('d', 'g'))],
  ['a key with spaces', () => Keystore.fromPrivateKey(` ${KEY}`)],
  ['a key of too few bytes', () => Keystore.fromPrivateKey(Buffer.from(KEY, 'hex').subarray(0, 31))],
  ['a key as an array', () => Keystore.fromPrivateKey([...Buffer.from(KEY, 'hex')] as never)],
  ['a key outside of the curve', () => Keystore.fromPrivateKey('ff'.repeat(32))],
  ['a key of zero', () => Keystore.fromPrivateKey('00'.repeat(32))],
  ['a key where a keystore belongs', () => Keystore.fromJSON(KEY)],
  ['a quoted key where a keystore belongs', () => Keystore.fromJSON(JSON.stringify(KEY))],
  ['a key in a field of a keystore', () => Keystore.fromJSON({ version: 3, crypto: { cipher: KEY } })],
  ['a key as the address', () => Keystore.fromJSON({ ...(JSON.parse(guardedText) as object), address: KEY })],
  ['a wrong passphrase', () => guarded().unlock(`${PASSPHRASE}!`)],
  ['a passphrase that is no text', () => guarded().unlock([PASSPHRASE] as never)],
  ['a passphrase of broken Unicode', () => guarded().unlock(`${PASSPHRASE}\ud800`)],
  ['a new passphrase of broken Unicode', () => Keystore.create({ passphrase: `${PASSPHRASE}\udc00` })],
  ['bad seconds', () => guarded().unlock(PASSPHRASE, -1)],
  ['a lock while it unlocks', () => lockWhileUnlocking()],
  [
    'another address',
    () => Keystore.fromJSON(guardedText.replace(ADDRESS, '11'.repeat(20))).unlock(PASSPHRASE),
  ],
  ['wrong passphrases from a prompt', () => signWithPrompt(() => `${PASSPHRASE}?`)],
  ['a prompt that gives no text', () => signWithPrompt(() => 5 as never)],
  [
    'a bad offer',
    async () => signOffer(await Keystore.fromPrivateKey(KEY), { ...offer, nonce: KEY.slice(1) }),
  ],
  [
    'a bad challenge',
    async () => signChallenge(await Keystore.fromPrivateKey(KEY), { ...offer, challenge: KEY.slice(1) }),
  ],
  ['a passphrase as a label', () => wallet().get(PASSPHRASE)],
  ['a keystore that is none', () => wallet().add({ key: KEY } as never, 'x')],
];

async function lockWhileUnlocking(): Promise<void> {
  const keystore = guarded();
  const unlocking = keystore.unlock(PASSPHRASE);
  keystore.lock();
  await unlocking;
}

async function signWithPrompt(source: () => string): Promise<void> {
  const keystore = guarded();
  setPassphraseSource(keystore, source);
  await signChallenge(keystore, { schedulerId: offer.schedulerId, challenge: offer.nonce });
}

describe('an error contains no secret:', () => {
  it.each(failures)('%s', async (_, fail) => {
    const error = await Promise.resolve()
      .then(fail)
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(isError(error), String(error)).toBe(true);
    expectClean(error);
  });
});

describe('the printed form contains no secret:', () => {
  it('an unlocked keystore, printed, cloned, or converted to JSON', async () => {
    const keystore = await Keystore.fromPrivateKey(KEY, { label: 'mine' });
    expect(keystore.isUnlocked).toBe(true);
    expectClean(keystore);
    expectClean({ ...keystore });
    expectClean(structuredClone(keystore));
    expectClean(keystore.toJSON());
  });

  it('a wallet that has unlocked it', async () => {
    const opened = wallet();
    await opened.add(await Keystore.fromPrivateKey(KEY), 'mine');
    await opened.get('mine');
    expectClean(opened);
  });

  it('the check itself detects a secret', () => {
    expect(() => expectClean(new Error(`bad key ${KEY.slice(3, 30)}`))).toThrow();
    expect(() => expectClean({ a: { b: [PASSPHRASE] } })).toThrow();
    expect(() => expectClean({ key: new Uint8Array(Buffer.from(KEY, 'hex')) })).toThrow();
  });
});
