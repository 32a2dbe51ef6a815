import { createCipheriv, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { keccak256 } from 'ethers/crypto';
import { inspect } from 'node:util';
import { encryptKeystoreJsonSync, Wallet as EthersWallet } from 'ethers/wallet';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.js';
import vectors from '../../tests/vectors/keystores.json' with { type: 'json' };
import { Keystore, setPassphraseSource, signDigest } from './keystore.js';

const KEY = '4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';
const ADDRESS = '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23';
const DIGEST = `0x${'42'.repeat(32)}`;

/** Key derivation at its real cost takes a second or two, on a busy machine many. */
const REAL_COST_MS = 60_000;

/** Made by ethers at a cost that suits tests. */
const guarded = JSON.parse(
  encryptKeystoreJsonSync({ address: ADDRESS, privateKey: `0x${KEY}` }, 'guarded', { scrypt: { N: 64 } }),
) as object;

describe('a keystore', () => {
  it('has the address of its key, in lower case', async () => {
    const keystore = await Keystore.fromPrivateKey(`0x${KEY.toUpperCase()}`);
    expect(keystore.address).toBe(ADDRESS);
  });

  it('has a new key at each creation and can sign immediately', async () => {
    const [one, other] = await Promise.all([Keystore.create(), Keystore.create()]);
    expect(one.address).not.toBe(other.address);
    expect(one.isUnlocked).toBe(true);
    await expect(signDigest(one, DIGEST)).resolves.toMatch(/^0x[0-9a-f]{130}$/);
  });

  it('unlocks with its passphrase after a round trip through JSON', async () => {
    const keystore = Keystore.fromJSON(JSON.stringify(guarded), { label: 'mine' });
    expect(keystore).toMatchObject({ address: ADDRESS, label: 'mine', isUnlocked: false });
    await keystore.unlock('guarded');
    expect(keystore.isUnlocked).toBe(true);
  });

  it(
    'is copied under another passphrase, each with a key of its own',
    async () => {
      const open = await Keystore.fromPrivateKey(KEY);
      const copy = await open.withPassphrase('sesame');
      open.lock();
      await expect(signDigest(copy, DIGEST)).resolves.toMatch(/^0x/);
      const read = Keystore.fromJSON(JSON.stringify(copy));
      expect(read.toJSON().crypto.kdfparams).toMatchObject({ n: 131_072 });
      await read.unlock('sesame');
      expect(read).toMatchObject({ address: ADDRESS, isUnlocked: true });
      await expect(Keystore.fromJSON(guarded).withPassphrase('x')).rejects.toMatchObject({
        code: 'KEYSTORE_LOCKED',
      });
    },
    REAL_COST_MS,
  );

  it('rejects a wrong passphrase and stays locked', async () => {
    const keystore = Keystore.fromJSON(guarded);
    await expect(keystore.unlock('other')).rejects.toMatchObject({ code: 'KEYSTORE_PASSPHRASE' });
    await expect(keystore.unlock()).rejects.toMatchObject({ code: 'KEYSTORE_PASSPHRASE' });
    expect(keystore.isUnlocked).toBe(false);
  });

  it('does not sign while it is locked and no source has its passphrase', async () => {
    const keystore = Keystore.fromJSON(guarded);
    await expect(signDigest(keystore, DIGEST)).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' });
    await keystore.unlock('guarded');
    await signDigest(keystore, DIGEST);
    keystore.lock();
    await expect(signDigest(keystore, DIGEST)).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' });
  });

  it('with an empty passphrase unlocks automatically to sign', async () => {
    const keystore = Keystore.fromJSON((await Keystore.create()).toJSON());
    await signDigest(keystore, DIGEST);
    expect(keystore.isUnlocked).toBe(true);
  });

  it('requests its passphrase up to five times, once for concurrent callers', async () => {
    const asked: number[] = [];
    const keystore = Keystore.fromJSON(guarded);
    setPassphraseSource(keystore, ({ attempt, address }) => {
      expect(address).toBe(ADDRESS);
      asked.push(attempt);
      return attempt === 2 ? 'guarded' : 'wrong';
    });
    await Promise.all([signDigest(keystore, DIGEST), signDigest(keystore, DIGEST)]);
    expect(asked).toEqual([1, 2]);
    keystore.lock();
    setPassphraseSource(keystore, ({ attempt }) => void asked.push(attempt + 100));
    await expect(signDigest(keystore, DIGEST)).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' });
    expect(asked).toEqual([1, 2, 101]);
  });

  it('locks itself after the given seconds', async () => {
    const clock = new VirtualClock();
    const keystore = Keystore.fromJSON((await Keystore.create()).toJSON(), { clock });
    await keystore.unlock('', 10);
    await clock.advance(9_999);
    expect(keystore.isUnlocked).toBe(true);
    await keystore.unlock('', 10);
    await clock.advance(9_999);
    expect(keystore.isUnlocked).toBe(true);
    await clock.advance(1);
    expect(keystore.isUnlocked).toBe(false);
    await keystore.unlock('', 10);
    await keystore.unlock('');
    await clock.advance(20_000);
    expect(keystore.isUnlocked).toBe(true);
  });

  it.each([0, -1, Number.NaN, Infinity, 3e6])('cannot be unlocked for %d seconds', async (seconds) => {
    const keystore = await Keystore.create();
    await expect(keystore.unlock('', seconds)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('stays locked if lock() is called during unlock()', async () => {
    const keystore = Keystore.fromJSON((await Keystore.create()).toJSON());
    const unlocking = keystore.unlock();
    keystore.lock();
    await expect(unlocking).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' });
    expect(keystore.isUnlocked).toBe(false);
  });

  it('accepts a passphrase in any Unicode normalisation', async () => {
    const text = encryptKeystoreJsonSync({ address: ADDRESS, privateKey: `0x${KEY}` }, 'caf\u00e9', {
      scrypt: { N: 64 },
    });
    const keystore = Keystore.fromJSON(text);
    await keystore.unlock('cafe\u0301');
    expect(keystore.isUnlocked).toBe(true);
  });

  it('whose file has another address is rejected', async () => {
    const json = (await Keystore.create()).toJSON();
    const keystore = Keystore.fromJSON({ ...json, address: '00'.repeat(20) });
    await expect(keystore.unlock()).rejects.toMatchObject({ code: 'KEYSTORE_MALFORMED' });
  });

  it('prints its address and no secret', async () => {
    const keystore = await Keystore.create({ label: 'id' });
    expect(inspect(keystore)).toBe(`Keystore(id, ${keystore.address}, unlocked)`);
    expect(JSON.parse(JSON.stringify(keystore))).toEqual(keystore.toJSON());
    expect(Object.keys(keystore)).toEqual(['label']);
  });
});

describe('keystores of other software', () => {
  it.each(['scrypt', 'pbkdf2'] as const)(
    'the definition’s %s example opens',
    async (kdf) => {
      const keystore = Keystore.fromJSON(vectors[kdf]);
      expect(() => keystore.address).toThrow(expect.objectContaining({ code: 'KEYSTORE_LOCKED' }));
      expect(inspect(keystore)).toContain('address unknown');
      await keystore.unlock(vectors.passphrase);
      expect(keystore.address).toBe(vectors.address);
      const ours = await signDigest(keystore, DIGEST);
      expect(ours).toBe(new EthersWallet(vectors.privateKey).signingKey.sign(DIGEST).serialized);
      expect(keystore.toJSON().address).toBe(vectors.address.slice(2));
    },
    REAL_COST_MS,
  );

  it(
    'an example that states another address is refused',
    async () => {
      const keystore = Keystore.fromJSON({ ...vectors.pbkdf2, address: '11'.repeat(20) });
      await expect(keystore.unlock(vectors.passphrase)).rejects.toMatchObject({ code: 'KEYSTORE_MALFORMED' });
    },
    REAL_COST_MS,
  );

  it('ethers decrypts ours with an empty passphrase at low cost', async () => {
    const ours = await Keystore.fromPrivateKey(KEY);
    expect((ours.toJSON().crypto.kdfparams as { n: number }).n).toBeLessThanOrEqual(1_024);
    const opened = await EthersWallet.fromEncryptedJson(JSON.stringify(ours), '');
    expect(opened.privateKey).toBe(`0x${KEY}`);
  });

  it('a file of ethers with "Crypto" and further fields can be unlocked', async () => {
    const { address, privateKey, mnemonic } = EthersWallet.createRandom();
    const account = { address, privateKey, mnemonic: { entropy: mnemonic!.entropy } };
    const text = encryptKeystoreJsonSync(account, 'pass', { scrypt: { N: 64 } });
    expect(JSON.parse(text)).toHaveProperty('x-ethers');
    const keystore = Keystore.fromJSON(text);
    await keystore.unlock('pass');
    expect(keystore.toJSON()).not.toHaveProperty('x-ethers');
    expect(`0x${(JSON.parse(text) as { address: string }).address}`).toBe(keystore.address);
  });

  /** Half-width digits and a ligature: NFKC writes them otherwise. */
  const WIDE = '\uff11\uff12 \ufb01ne';

  it('ethers, which does not normalise passphrases, decrypts ours, which are costly, and its files can be unlocked', async () => {
    const theirs = encryptKeystoreJsonSync(
      { address: ADDRESS, privateKey: `0x${KEY}` },
      new TextEncoder().encode(WIDE),
      { scrypt: { N: 64 } },
    );
    const keystore = Keystore.fromJSON(theirs);
    await keystore.unlock(WIDE);
    expect(keystore.address).toBe(ADDRESS.toLowerCase());
    const ours = await keystore.withPassphrase(WIDE);
    const { kdf, kdfparams } = ours.toJSON().crypto;
    expect({ kdf, ...kdfparams }).toMatchObject({ kdf: 'scrypt', n: 131_072, r: 8, p: 1 });
    const opened = await EthersWallet.fromEncryptedJson(JSON.stringify(ours), new TextEncoder().encode(WIDE));
    expect(opened.privateKey).toBe(`0x${KEY}`);
  });

  it('files of software with NFKC normalisation of passphrases can be unlocked', async () => {
    const theirs = encryptKeystoreJsonSync({ address: ADDRESS, privateKey: `0x${KEY}` }, WIDE, {
      scrypt: { N: 64 },
    });
    const keystore = Keystore.fromJSON(theirs);
    await keystore.unlock(WIDE);
    await expect(keystore.unlock(`${WIDE}!`)).rejects.toMatchObject({ code: 'KEYSTORE_PASSPHRASE' });
  });

  it.each([
    [31, 'scrypt'],
    [30, 'pbkdf2'],
  ] as const)('that leaves out the zero bytes of a key: %i bytes, %s', async (bytes, kdf) => {
    const key = randomBytes(bytes);
    const keystore = Keystore.fromJSON(shortFile(key, 'pass', kdf));
    await expect(keystore.unlock('other')).rejects.toMatchObject({ code: 'KEYSTORE_PASSPHRASE' });
    await keystore.unlock('pass');
    const whole = key.toString('hex').padStart(64, '0');
    expect(keystore.address).toBe(new EthersWallet(whole).address.toLowerCase());
  });

  it('a label in the file is kept', async () => {
    const json = { ...(await Keystore.create()).toJSON(), label: 'my savings' };
    const keystore = Keystore.fromJSON(json);
    expect(keystore.label).toBe('my savings');
    expect(keystore.toJSON()).toMatchObject({ label: 'my savings' });
    expect(Keystore.fromJSON(json, { label: 'other' }).label).toBe('other');
  });
});

/** A file of software that encrypts a key without the zero bytes in front. */
function shortFile(key: Buffer, passphrase: string, kdf: 'scrypt' | 'pbkdf2'): object {
  const salt = randomBytes(32);
  const derived =
    kdf === 'scrypt'
      ? scryptSync(passphrase, salt, 32, { N: 64, r: 8, p: 1 })
      : pbkdf2Sync(passphrase, salt, 10, 32, 'sha256');
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
  const params =
    kdf === 'scrypt'
      ? { dklen: 32, n: 64, r: 8, p: 1, salt: salt.toString('hex') }
      : { dklen: 32, c: 10, prf: 'hmac-sha256', salt: salt.toString('hex') };
  return {
    version: 3,
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf,
      kdfparams: params,
      mac: keccak256(Buffer.concat([derived.subarray(16), ciphertext])).slice(2),
    },
  };
}
