/**
 * The benchmarks run what the build made, by hand: no test runs them, so that what they import is looked up here.
 * @module
 */
import { build } from 'esbuild';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const files = (await readdir('bench', { recursive: true })).filter((file) => /\.m?js$/.test(file)).sort();

it('there are benchmarks', () => {
  expect(files).toContain('throughput.mjs');
});

it.each(files)('bench/%s imports only what the build exports', async (file) => {
  const { errors, warnings } = await build({
    entryPoints: [join('bench', file)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    // What a page's scheduler serves.
    external: ['/pyodide/*'],
    logLevel: 'silent',
  });
  expect([...errors, ...warnings].map(({ text }) => text)).toEqual([]);
});
