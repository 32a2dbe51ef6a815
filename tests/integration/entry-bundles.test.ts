/**
 * What importing the wallet or JobFS pulls in: no signing library until something is signed, nothing of Node in a
 * page.
 * @module
 */
import { build } from 'esbuild';
import type { Metafile } from 'esbuild';
import { expect, it } from 'vitest';

async function bundle(entry: string, platform: 'browser' | 'node'): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: 'never-written',
    write: false,
    metafile: true,
    platform,
    logLevel: 'silent',
  });
  return metafile;
}

/** Source files in the chunks that load at once with the entry. */
function eagerInputs({ outputs }: Metafile): string[] {
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement') load(next);
  };
  load(Object.keys(outputs).find((path) => outputs[path]!.entryPoint !== undefined)!);
  return [...loaded].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
}

it.each([
  ['src/entry/wallet.node.ts', 'node'],
  ['src/entry/wallet.browser.ts', 'browser'],
] as const)('%s loads ethers only when it is needed', async (entry, platform) => {
  const metafile = await bundle(entry, platform);
  expect(Object.keys(metafile.inputs).some((path) => path.includes('node_modules/ethers/'))).toBe(true);
  // Besides the storage, only the hash function for the checksum of addresses is included.
  const others = /node_modules\/(?!idb-keyval|@noble\/hashes)/;
  expect(eagerInputs(metafile).filter((path) => others.test(path))).toEqual([]);
});

it.each(['src/entry/wallet.browser.ts', 'src/entry/jobfs.browser.ts'])(
  '%s has nothing of Node in it',
  async (entry) => {
    // Building for a browser fails where a module of Node is imported.
    const metafile = await bundle(entry, 'browser');
    expect(Object.keys(metafile.inputs).filter((path) => /-node\.ts$|storage-files/.test(path))).toEqual([]);
  },
);
