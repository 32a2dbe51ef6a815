/**
 * The programs in the pages about the wallet and JobFS run as they stand, in an empty home.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manyhands-docs-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const snippets = ['docs/wallet.md', 'docs/jobfs.md'].flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(([, code = ''], i) => ({
    name: `${page}, program ${i + 1}`,
    code,
  })),
);

it('the documentation contains snippets to run', () => {
  expect(snippets.length).toBeGreaterThanOrEqual(8);
});

it.each(snippets)('$name', async ({ name, code }) => {
  const file = join(dir, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  await build({
    stdin: { contents: code, resolveDir: process.cwd() },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: {
      'manyhands/wallet': resolve('src/entry/wallet.node.ts'),
      'manyhands/jobfs': resolve('src/entry/jobfs.node.ts'),
    },
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
  const env = { PATH: process.env.PATH, MANYHANDS_HOME: join(dir, 'home') };
  const { stdout, stderr } = await run(process.execPath, [file], { env });
  expect(stderr).toBe('');
  // A program prints what the comment behind the statement says, if that comment is one plain line.
  for (const [, said = ''] of code.matchAll(/console\.log\([^;]*\); \/\/ ([\w. [\]',]+)$/gm)) {
    if (/^(true|false|\d|\[|[A-Z]+_)/.test(said)) expect(stdout).toContain(said);
  }
});
