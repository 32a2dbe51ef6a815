/**
 * The programs of README.md, docs/deployer.md and docs/testing.md run as they stand, each in a process of its own that ends by itself.
 * @module
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../fixtures/cluster.mjs';

const run = promisify(execFile);
const programs = ['README.md', 'docs/deployer.md', 'docs/testing.md'].flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(([, code = ''], i) => ({
    name: `${page}, program ${i + 1}`,
    code,
  })),
);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ workers: 1 });
});
afterAll(() => cluster.stop());

it('the documentation of deployers contains programs to run', () => {
  expect(programs.length).toBeGreaterThan(10);
});

it.each(programs)('$name', async ({ code }) => {
  const env = { PATH: process.env.PATH, MANYHANDS_HOME: cluster.home, MANYHANDS_SCHEDULER: cluster.url };
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', code], {
    env,
    timeout: 30_000,
  });
  expect(stderr).toBe('');
  const promised = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, said]) => said);
  expect(promised.length).toBeGreaterThan(0);
  for (const said of promised) expect(stdout.split('\n')).toContain(said);
});
