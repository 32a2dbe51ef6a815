/**
 * Keystores from the command line: made, shown, copied to another home, and never a secret in what is printed.
 * @module
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Wallet as EthersWallet } from 'ethers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Keystore } from '../../src/entry/wallet.node.js';
import { Cli } from './rig/cli.js';

const PASSPHRASE = 'a passphrase that nobody else knows';

let cli: Cli;
beforeEach(async () => {
  cli = await Cli.open();
});
afterEach(() => cli.end());

it('makes a keystore that it then shows, and lists with others', async () => {
  const made = await cli.run(['keystore', 'create', 'savings']);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const [, address] = /^savings {2}(0x[0-9a-f]{40})\n$/.exec(made.stdout)!;
  const shown = await cli.run(['keystore', 'show', 'savings']);
  expect(shown).toMatchObject({ code: 0, stdout: `savings  ${address}\n`, stderr: '' });
  await cli.run(['keystore', 'create', 'b']);
  const all = await cli.run(['keystore', 'show']);
  expect(all.stdout).toMatch(new RegExp(`^b        0x[0-9a-f]{40}\nsavings  ${address}\n$`));
  const list = await cli.run(['keystore', 'show', '--json']);
  expect(JSON.parse(list.stdout)).toEqual([
    { label: 'b', address: expect.stringMatching(/^0x/) },
    { label: 'savings', address },
  ]);
  const { mode } = await stat(join(cli.home, (await readdir(cli.home)).sort()[0]!));
  expect(mode & 0o077).toBe(0);
});

it('gives a copy that opens with its passphrase alone, and shows the key to nobody', async () => {
  const env = { MANYHANDS_PASSPHRASE: PASSPHRASE };
  const made = await cli.run(['keystore', 'create', 'savings'], env);
  const copied = await cli.run(['keystore', 'show', 'savings', '--json'], env);
  expect(copied).toMatchObject({ code: 0, stderr: '' });
  const copy = Keystore.fromJSON(JSON.parse(copied.stdout) as never);
  await expect(copy.unlock('')).rejects.toMatchObject({ code: 'KEYSTORE_PASSPHRASE' });
  await copy.unlock(PASSPHRASE);
  expect(made.stdout).toContain(copy.address);
  const { privateKey } = await EthersWallet.fromEncryptedJson(copied.stdout, PASSPHRASE);
  const key = privateKey.slice(2);
  for (const printed of [made.stdout, copied.stdout]) {
    expect(printed).not.toContain(PASSPHRASE);
    expect(printed).not.toContain(key);
  }

  const home = cli.path('another-home');
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, 'savings.keystore'), copied.stdout, { mode: 0o600 });
  const there = await cli.run(['keystore', 'show'], { MANYHANDS_HOME: home });
  expect(there.stdout).toBe(made.stdout);
});
