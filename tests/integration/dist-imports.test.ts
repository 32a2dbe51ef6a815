/**
 * Programs in JavaScript import what the build made, and no compiler checks their imports: benchmarks are run by hand, and the
 * programs of tests by tests that wait for what they print. A bundler resolves each import and each imported name.
 * @module
 */
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { allPaths } from '../tidy/tree.js';

const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as {
  exports: Record<string, string | { default: string }>;
};

/** The parts of the build are left out: each build runs them, before there is a dist. */
const programs = allPaths.filter((path) => /^((bench|examples|tests)\/.*|scripts\/[^/]*)\.m?js$/.test(path));
/** The built file of each export of the package: `manyhands/worker` is dist/entry/worker.node.js. */
const packageExports = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [[`manyhands${name.slice(1)}`, target.default]],
);

it('programs in JavaScript import only files and names that the build makes', async () => {
  expect(programs).toContain('bench/throughput.mjs');
  expect(programs).toContain('tests/fixtures/cluster.mjs');
  expect(packageExports.length).toBeGreaterThan(5);
  const { errors, warnings } = await build({
    entryPoints: programs,
    outdir: 'unused',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    alias: Object.fromEntries(packageExports) as Record<string, string>,
    // What a page's scheduler serves.
    external: ['/pyodide/*'],
    // Files that a work function reads from its job.
    loader: { '.onnx': 'empty' },
    logLevel: 'silent',
  }).catch((failure: { errors: never[]; warnings: never[] }) => failure);
  const found = [...errors, ...warnings].map(({ text, location }) => `${location?.file}: ${text}`);
  expect(found).toEqual([]);
});

it('no program computes the path of a built module, which would hide the import from a bundler', async () => {
  const texts = await Promise.all(
    programs.map(async (path) => ({ path, text: await readFile(path, 'utf8') })),
  );
  const hidden = texts.filter(({ text }) => /\bimport\((?!\s*['"])/.test(text));
  expect(hidden.map(({ path }) => path)).toEqual([]);
});
