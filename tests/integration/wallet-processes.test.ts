/**
 * The wallet as processes use it: several that start at once in an empty home, and what the environment says.
 * @module
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manyhands-wallet-'));
  await build({
    stdin: {
      contents: `
        export { wallet } from './src/entry/wallet.node.js';
        export { signChallenge } from './src/wallet/session-proof.js';`,
      resolveDir: process.cwd(),
    },
    outfile: join(dir, 'wallet.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    // A dependency of ethers needs it.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Runs a program with `wallet` and `signChallenge` in scope; returns its output. */
async function program(text: string, env: Record<string, string>): Promise<string> {
  const code = `import { wallet, signChallenge } from ${JSON.stringify(join(dir, 'wallet.mjs'))};\n${text}`;
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await run(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: join(dir, 'user'), ...env },
  });
  return stdout.trim();
}

it('processes that create the identity at the same time all get the same one', async () => {
  const MANYHANDS_HOME = join(dir, 'together');
  const ask = 'console.log((await wallet.getId()).address);';
  const addresses = await Promise.all(Array.from({ length: 6 }, () => program(ask, { MANYHANDS_HOME })));
  expect(new Set(addresses).size).toBe(1);
  expect(addresses[0]).toMatch(/^0x[0-9a-f]{40}$/);
  expect(await readdir(MANYHANDS_HOME)).toEqual(['id.keystore']);
});

it('the identity is stored in ~/.manyhands, readable only by its owner', async () => {
  await program('await wallet.get();', {});
  const home = join(dir, 'user', '.manyhands');
  expect(await readdir(home)).toEqual(['default.keystore']);
  expect((await stat(home)).mode & 0o777).toBe(0o700);
  expect((await stat(join(home, 'default.keystore'))).mode & 0o777).toBe(0o600);
});

it('the wallet takes the passphrase from the environment variable', async () => {
  const MANYHANDS_HOME = join(dir, 'guarded');
  await program('await wallet.create("mine", { passphrase: "open sesame" });', { MANYHANDS_HOME });
  const sign = `
    const challenge = { schedulerId: '00'.repeat(32), challenge: '00'.repeat(32) };
    const signed = signChallenge(await wallet.get('mine'), challenge);
    console.log(await signed.then(() => 'signed', (error) => error.code));`;
  expect(await program(sign, { MANYHANDS_HOME })).toBe('KEYSTORE_LOCKED');
  expect(await program(sign, { MANYHANDS_HOME, MANYHANDS_PASSPHRASE: 'wrong' })).toBe('KEYSTORE_PASSPHRASE');
  expect(await program(sign, { MANYHANDS_HOME, MANYHANDS_PASSPHRASE: 'open sesame' })).toBe('signed');
});
