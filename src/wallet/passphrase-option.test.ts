import { describe, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.js';
import { systemRandom } from '../lib/crypto/random.js';
import { memoryStorage } from '../lib/storage/storage.js';
import { Keystore } from './keystore.js';
import { createWallet, type Wallet } from './wallet.js';

const KEY = `0x${'1'.repeat(64)}`;
const wallet = (): Wallet =>
  createWallet({ storage: memoryStorage(), clock: systemClock, random: systemRandom, place: 'memory' });

describe('an invalid passphrase option', () => {
  const calls: [string, () => Promise<unknown>, string][] = [
    ["create('b', 'secret')", () => wallet().create('b', 'secret' as never), 'INVALID_ARGUMENT'],
    ['create({ passPhrase })', () => wallet().create('b', { passPhrase: 's' } as never), 'UNKNOWN_OPTION'],
    ['create({ password })', () => wallet().create('b', { password: 's' } as never), 'UNKNOWN_OPTION'],
    [
      'create({ undefined })',
      () => wallet().create('b', { passphrase: undefined as never }),
      'INVALID_ARGUMENT',
    ],
    ['create({ number })', () => wallet().create('b', { passphrase: 5 as never }), 'INVALID_ARGUMENT'],
    ["fromPrivateKey(key, 'secret')", () => Keystore.fromPrivateKey(KEY, 's' as never), 'INVALID_ARGUMENT'],
    [
      'Keystore.create({ passPhrase })',
      () => Keystore.create({ passPhrase: 's' } as never),
      'UNKNOWN_OPTION',
    ],
    [
      'withPassphrase()',
      async () => (await Keystore.fromPrivateKey(KEY)).withPassphrase(undefined as never),
      'INVALID_ARGUMENT',
    ],
  ];
  it.each(calls)('creates no keystore with the empty passphrase: %s', async (_, call, code) => {
    await expect(call()).rejects.toMatchObject({ code });
  });

  it('is empty if it is absent or an empty string', async () => {
    for (const options of [undefined, {}, { passphrase: '' }]) {
      const keystore = Keystore.fromJSON(JSON.stringify(await wallet().create('b', options)));
      await keystore.unlock('');
      expect(keystore.isUnlocked).toBe(true);
    }
  });
});
