/**
 * Keystores from the command line: made, shown, copied to another home, and never a secret in what is printed.
 * @module
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Wallet as EthersWallet } from 'ethers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Keystore } from '../../src/entry/wallet.node.js';
import { Cli } from './fixtures/cli.js';

const PASSPHRASE = 'a passphrase that nobody else knows';

let cli: Cli;
beforeEach(async () => {
  cli = await Cli.open();
});
afterEach(() => cli.end());

it('manyhands keystore creates a keystore, shows it and lists it', async () => {
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

it('manyhands keystore exports a copy that only its passphrase unlocks, and never prints the private key', async () => {
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

it('manyhands keystore imports a file only after it was unlocked, under its own label or a given one', async () => {
  await cli.run(['keystore', 'create', 'a']);
  const { address } = JSON.parse(await exported('a')) as { address: string };
  const file = cli.path('mine.keystore');
  await writeFile(file, await exported('a'));
  const home = { MANYHANDS_HOME: cli.path('second-home') };
  expect(await cli.run(['keystore', 'import', file], home)).toMatchObject({
    code: 0,
    stdout: `mine  0x${address}\n`,
  });
  expect(await cli.run(['keystore', 'import', file, 'my savings'], home)).toMatchObject({
    code: 0,
    stdout: `my savings  0x${address}\n`,
  });
  expect((await cli.run(['keystore', 'import', file], home)).stderr).toContain('[KEYSTORE_EXISTS]');
  expect((await cli.run(['keystore', 'import', cli.path('none')], home)).stderr).toMatch(
    /^manyhands: The keystore file cannot be read: ENOENT.*\[INVALID_ARGUMENT\]\n$/,
  );

  const guarded = await Keystore.create({ passphrase: PASSPHRASE });
  await writeFile(file, JSON.stringify(guarded));
  const refused = await cli.run(['keystore', 'import', file, 'b'], home);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('[KEYSTORE_PASSPHRASE]');
  const taken = await cli.run(['keystore', 'import', file, 'b'], {
    ...home,
    MANYHANDS_PASSPHRASE: PASSPHRASE,
  });
  expect(taken).toMatchObject({ code: 0, stdout: `b  ${guarded.address}\n` });
});

it('manyhands keystore changes a passphrase, and changes nothing when the old or the new one is missing', async () => {
  await cli.run(['keystore', 'create', 'a'], { MANYHANDS_PASSPHRASE: 'old' });
  const change = (env: Record<string, string>) => cli.run(['keystore', 'passphrase', 'a'], env);
  expect((await change({ MANYHANDS_PASSPHRASE: 'old' })).stderr).toContain('MANYHANDS_NEW_PASSPHRASE');
  const wrong = { MANYHANDS_PASSPHRASE: 'wrong', MANYHANDS_NEW_PASSPHRASE: 'new' };
  expect((await change(wrong)).stderr).toContain('[KEYSTORE_PASSPHRASE]');
  expect(await change({ ...wrong, MANYHANDS_PASSPHRASE: 'old' })).toMatchObject({ code: 0, stderr: '' });
  const copy = Keystore.fromJSON(JSON.parse(await exported('a')) as never);
  await copy.unlock('new');
});

it('manyhands keystore lists all readable keystores when one is not readable', async () => {
  await cli.run(['keystore', 'create', 'good']);
  await writeFile(join(cli.home, 'bad.keystore'), '{}', { mode: 0o600 });
  const shown = await cli.run(['keystore', 'show']);
  expect(shown.code).toBe(1);
  expect(shown.stdout).toMatch(/^good {2}0x[0-9a-f]{40}\n$/);
  expect(shown.stderr).toMatch(/^bad: manyhands: Not a supported keystore[^\n]*\[KEYSTORE_MALFORMED\]\n$/);
});

it('a home folder that cannot be used is reported in one line with its path and the reason', async () => {
  const file = cli.path('no-folder');
  await writeFile(file, '');
  const home = join(file, 'home');
  for (const command of [['create', 'a'], ['show']]) {
    const { code, stderr } = await cli.run(['keystore', ...command], { MANYHANDS_HOME: home });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^manyhands: The folder [^\n]* cannot be used \(ENOTDIR[^\n]*\[FOLDER_UNUSABLE\]\n$/,
    );
    expect(stderr).toContain(home);
  }
});

async function exported(label: string): Promise<string> {
  return (await cli.run(['keystore', 'show', label, '--json'])).stdout;
}
