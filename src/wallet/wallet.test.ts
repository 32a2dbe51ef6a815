import { encryptKeystoreJsonSync, Wallet as EthersWallet } from 'ethers/wallet';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/crypto/random.js';
import { memoryStorage } from '../lib/storage/storage.js';
import type { KeyValueStorage } from '../lib/storage/storage.js';
import { Keystore } from './keystore.js';
import type { PassphraseSource } from './keystore.js';
import { signChallenge } from './session-proof.js';
import { createWallet } from './wallet.js';
import type { Wallet } from './wallet.js';

/** For keystores at their real cost, on a machine that is busy. */
const REAL_COST_MS = 60_000;
const CHALLENGE = { schedulerId: 'aa'.repeat(32), challenge: 'bb'.repeat(32) };

function open(storage: KeyValueStorage = memoryStorage(), passphrase?: PassphraseSource): Wallet {
  return createWallet({
    storage,
    clock: systemClock,
    random: systemRandom,
    place: '/home/me/.manyhands',
    passphrase,
  });
}

describe('a wallet', () => {
  it('creates the identity and the account at the first request and keeps them', async () => {
    const storage = memoryStorage();
    const wallet = open(storage);
    const [id, account] = await Promise.all([wallet.getId(), wallet.get()]);
    expect(id.address).not.toBe(account.address);
    expect([id.label, account.label]).toEqual(['id', 'default']);
    expect(await wallet.list()).toEqual(['default', 'id']);
    const later = open(storage);
    expect((await later.getId()).address).toBe(id.address);
    expect((await later.get('default')).address).toBe(account.address);
    await signChallenge(await later.getId(), CHALLENGE);
  });

  it('returns the same keystore each time, also to concurrent callers', async () => {
    const wallet = open();
    const found = await Promise.all(Array.from({ length: 10 }, () => wallet.getId()));
    expect(new Set(found).size).toBe(1);
  });

  it('uses the identity that another process creates at the same time', async () => {
    const storage = memoryStorage();
    const addresses = await Promise.all(
      Array.from({ length: 5 }, async () => (await open(storage).getId()).address),
    );
    expect(new Set(addresses).size).toBe(1);
  });

  it('rejects an unknown label and lists the existing ones', async () => {
    const wallet = open();
    await wallet.create('savings');
    await expect(wallet.get('saving')).rejects.toMatchObject({
      code: 'KEYSTORE_UNKNOWN',
      message: expect.stringContaining('savings') as string,
      info: { label: 'saving', labels: ['savings'] },
    });
    await expect(wallet.remove('saving')).rejects.toMatchObject({ code: 'KEYSTORE_UNKNOWN' });
  });

  it('stores a keystore under an unused label', async () => {
    const storage = memoryStorage();
    const keystore = await Keystore.create();
    await open(storage).add(keystore, 'mine');
    await expect(open(storage).add(keystore, 'mine')).rejects.toMatchObject({ code: 'KEYSTORE_EXISTS' });
    await expect(open(storage).create('mine')).rejects.toMatchObject({ code: 'KEYSTORE_EXISTS' });
    expect((await open(storage).get('mine')).address).toBe(keystore.address);
  });

  it('removes a keystore', async () => {
    const wallet = open();
    const { address } = await wallet.get();
    await wallet.remove('default');
    expect(await wallet.list()).toEqual([]);
    expect((await wallet.get()).address).not.toBe(address);
  });

  it.each(['', '../id', 'a/b', '.hidden', 'a\\b', 'x'.repeat(65), 'a  ', 'a\0', 7, null])(
    'refuses the label %j',
    async (label) => {
      const wallet = open();
      for (const method of ['get', 'remove', 'create'] as const) {
        await expect(wallet[method](label as string)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
      await expect(wallet.add(await Keystore.create(), label as string)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    },
  );

  it.each(['', 'not json', '{"version":3}'])(
    'refuses a stored keystore that is %j, and does not replace it',
    async (text) => {
      const storage = memoryStorage();
      await storage.set('id', new TextEncoder().encode(text));
      await expect(open(storage).getId()).rejects.toMatchObject({ code: 'KEYSTORE_MALFORMED' });
      expect(new TextDecoder().decode(await storage.get('id'))).toBe(text);
    },
  );

  it('accepts labels with spaces and rejects reserved file names', async () => {
    const wallet = open();
    expect((await wallet.create('my savings')).label).toBe('my savings');
    expect(await wallet.list()).toEqual(['my savings']);
    for (const label of ['nul', 'CON', 'com1.old', 'lpt9', ' x', 'x ', '', 'a/b']) {
      await expect(wallet.create(label), label).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('rejects a label that differs from another only in case', async () => {
    const wallet = open();
    await wallet.create('Savings');
    await expect(wallet.create('savings')).rejects.toMatchObject({
      code: 'KEYSTORE_EXISTS',
      info: { label: 'Savings' },
    });
    expect(await wallet.list()).toEqual(['Savings']);
  });

  it(
    'gives a keystore another passphrase: the old one opens it no more',
    async () => {
      const storage = memoryStorage();
      const wallet = open(storage);
      // The empty passphrase is cheap; every other one has the full cost of scrypt.
      const { address } = await wallet.create('a');
      const changed = await wallet.changePassphrase('a', 'new');
      expect(changed.address).toBe(address);
      await expect(open(storage).changePassphrase('a', 'x')).rejects.toMatchObject({
        code: 'KEYSTORE_LOCKED',
      });
      const later = await open(storage).get('a');
      expect(later.address).toBe(address);
      await expect(later.unlock('')).rejects.toMatchObject({ code: 'KEYSTORE_PASSPHRASE' });
      await later.unlock('new');
      await expect(wallet.changePassphrase('b', 'x')).rejects.toMatchObject({ code: 'KEYSTORE_UNKNOWN' });
    },
    REAL_COST_MS,
  );

  it('retries after a failure', async () => {
    const storage = memoryStorage();
    await storage.set('id', new Uint8Array(3));
    const wallet = open(storage);
    await expect(wallet.getId()).rejects.toMatchObject({ code: 'KEYSTORE_MALFORMED' });
    await storage.delete('id');
    await expect(wallet.getId()).resolves.toBeInstanceOf(Keystore);
  });
});

/** A store with a keystore "mine" of the passphrase "secret", made at a cost that suits tests. */
async function guardedStorage(): Promise<KeyValueStorage> {
  const { address, privateKey } = EthersWallet.createRandom();
  const text = encryptKeystoreJsonSync({ address, privateKey }, 'secret', { scrypt: { N: 64 } });
  const storage = memoryStorage();
  await storage.set('mine', new TextEncoder().encode(text));
  return storage;
}

it('a wallet unlocks a keystore whose file has no address, to compute it', async () => {
  const storage = await guardedStorage();
  const { address, ...rest } = JSON.parse(new TextDecoder().decode(await storage.get('mine'))) as {
    address: string;
  };
  await storage.set('mine', new TextEncoder().encode(JSON.stringify(rest)));
  expect((await open(storage, () => 'secret').get('mine')).address).toBe(`0x${address}`);
  await expect(open(storage).get('mine')).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' });
});

describe('a passphrase', () => {
  it('is requested from the prompt first, else from the source of the wallet', async () => {
    const storage = await guardedStorage();
    const wallet = open(storage, () => 'secret');
    await signChallenge(await wallet.get('mine'), CHALLENGE);

    const prompted = open(storage, () => 'wrong');
    const asked: unknown[] = [];
    prompted.passphrasePrompt = (what) => {
      asked.push(what);
      return Promise.resolve('secret');
    };
    const keystore = await prompted.get('mine');
    await signChallenge(keystore, CHALLENGE);
    expect(asked).toEqual([{ label: 'mine', address: keystore.address, attempt: 1 }]);
  });

  it('that is unknown leaves the keystore locked, with advice in the error', async () => {
    const storage = await guardedStorage();
    await expect(signChallenge(await open(storage).get('mine'), CHALLENGE)).rejects.toMatchObject({
      code: 'KEYSTORE_LOCKED',
      message: expect.stringMatching(/"mine".*MANYHANDS_PASSPHRASE/) as string,
    });
  });
});
