/**
 * `npm pack` in a clone that was never built packs what is built, not an empty package.
 * @module
 */
import { cpSync, existsSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './run.js';

const NOT_COPIED = new Set(['node_modules', 'dist', '.git', 'test-results', 'playwright-report']);

let clone: string;

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'manyhands-clone-'));
  cpSync('.', clone, { recursive: true, filter: (source) => !NOT_COPIED.has(source) });
  await symlink(resolve('node_modules'), join(clone, 'node_modules'));
});
afterAll(() => rm(clone, { recursive: true, force: true }));

it('npm pack runs the build first', async () => {
  expect(existsSync(join(clone, 'dist'))).toBe(false);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', clone], clone);
  // The output of the build precedes npm's report.
  const report = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as unknown;
  const [pack] = Object.values(report as Record<string, { files: { path: string }[] }>);
  const files = pack!.files.map((file) => file.path);
  expect(files).toEqual(expect.arrayContaining(['dist/entry/deployer.node.js', 'dist/cli/main.js']));
});
