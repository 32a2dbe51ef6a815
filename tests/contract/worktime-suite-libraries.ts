/**
 * npm libraries in slices: each loads in any kind of sandbox and gives what Node gives.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bundler } from '../../src/bundler/bundler.js';
import type { ModuleBundle } from '../../src/worktimes/packing/bundler.js';
import { bundleOf, type JobSpec, type StartSandbox } from './worktime-fixture.js';

type Work = (n: number) => unknown;

const FOLDER = new URL('../fixtures/libraries/', import.meta.url);
const DATA = [5, 7];

/** Modules of work functions that Node runs as they are. */
const MODULES = [
  'lodash-es', 'mathjs', 'simple-statistics', 'ml-matrix', 'ndarray', 'd3', 'three', 'dayjs', 'luxon', 'seedrandom',
  'papaparse', 'compression', 'zod', 'noble-hashes', 'pictures', 'hash-wasm', 'tfjs', 'quickjs', 'wasi-shim',
]; // prettier-ignore

/** Node imports no files; there their work functions get the bytes. */
const WITH_FILES: Record<string, () => Promise<Work>> = {
  sql: async () => {
    const { query } = (await importModule('sql-work')) as { query: (wasm: Uint8Array) => Work };
    return query(await readFile(new URL('../../node_modules/sql.js/dist/sql-wasm.wasm', import.meta.url)));
  },
  onnx: async () => {
    const { infer } = (await importModule('onnx-work')) as { infer: (model: Uint8Array) => Work };
    return infer(new Uint8Array(await readFile(new URL('square.onnx', FOLDER))));
  },
};

const importModule = (name: string): Promise<unknown> => import(new URL(`${name}.mjs`, FOLDER).href);

const made = new Map<string, Promise<ModuleBundle>>();

/** The job of a bundled module. */
async function jobOf(name: string): Promise<JobSpec> {
  const bundle = made.get(name) ?? bundler.bundleModule(new URL(`${name}.mjs`, FOLDER));
  made.set(name, bundle);
  const { bytes, files } = await bundle;
  const source = new TextDecoder().decode(bytes);
  return {
    source,
    sourceKind: 'module',
    ...(files.size > 0 && { bundle: { bytes: await bundleOf(Object.fromEntries(files)), cwd: '/' } }),
  };
}

async function resultsIn(work: Work): Promise<unknown[]> {
  const results = [];
  for (const n of DATA) results.push(structuredClone(await work(n)));
  return results;
}

export function librariesSuite(start: StartSandbox): void {
  describe('a library gives in a slice what it gives in Node', () => {
    it.each(MODULES)('%s', { timeout: 60_000 }, async (name) => {
      const { work } = (await importModule(name)) as { work: Work };
      const sandbox = await start(await jobOf(name));
      expect(await sandbox.run(DATA)).toEqual(await resultsIn(work));
    });

    it.each(Object.keys(WITH_FILES))('%s, which reads files', { timeout: 60_000 }, async (name) => {
      const sandbox = await start(await jobOf(name));
      expect(await sandbox.run(DATA)).toEqual(await resultsIn(await WITH_FILES[name]!()));
    });
  });

  it('work.require gives the libraries of the job by their names, evaluated once a sandbox, and refuses others', async () => {
    const { bytes } = await bundler.bundleLibraries(
      new Map([
        ['math', 'mathjs'],
        ['days', 'dayjs'],
      ]),
    );
    const sandbox = await start({
      source: `(n) => {
        const math = work.require('math');
        if (n < 0) return work.require('absent');
        const isSame = globalThis.first === undefined || globalThis.first === math;
        globalThis.first = math;
        return [math.factorial(n), work.require('days')('2026-01-31').add(1, 'day').date(), isSame];
      }`,
      libraries: { script: bytes, names: ['days', 'math'] },
    });
    expect(await sandbox.run([5, 3])).toEqual([
      [120, 1, true],
      [6, 1, true],
    ]);
    expect((await sandbox.failure(-1)).message).toMatch(/absent.*days, math/);
  });
}
