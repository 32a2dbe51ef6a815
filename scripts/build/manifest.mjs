/**
 * dist/web/assets/manifest.json: the files that a sandbox is started from, for whoever fetches and verifies them.
 *
 *   { "assets": [{ "name", "path", "sha256", "bytes", "package"?, "file"? }] }
 *
 * `name`: what the worktime calls it. `path`: where the scheduler serves it; it changes with its content, so that it
 * can be cached for ever. `sha256`: 64 lower-case hexadecimal digits over `bytes` bytes. `file` is where it lies: as seen from
 * dist/web, or in the folder of `package` (Pyodide is 13 MB, and installed anyway).
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STAGE, packageDir } from './paths.mjs';

const PYODIDE_FILES = [
  'pyodide.mjs',
  'pyodide.asm.mjs',
  'pyodide.asm.wasm',
  'python_stdlib.zip',
  'pyodide-lock.json',
];

/** Writes the manifest. `sandboxScript`: its text, where there is one. */
export async function writeManifest(sandboxScript) {
  const assets = [];
  await mkdir(join(STAGE, 'assets'), { recursive: true });
  if (sandboxScript !== undefined) {
    const bytes = Buffer.from(sandboxScript);
    const { sha256 } = measure(bytes);
    const path = `/assets/browser-sandbox-${sha256.slice(0, 12)}.js`;
    const file = '../sandbox/browser-sandbox.js';
    assets.push({ name: 'browser-sandbox.js', path, ...measure(bytes), file });
  }
  const folder = packageDir('pyodide');
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  for (const file of PYODIDE_FILES) {
    const bytes = await readFile(join(folder, file));
    const path = `/assets/pyodide/${version}/${file}`;
    assets.push({ name: file, path, ...measure(bytes), package: 'pyodide', file });
  }
  await writeFile(join(STAGE, 'assets', 'manifest.json'), `${JSON.stringify({ assets }, null, 2)}\n`);
}

function measure(bytes) {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}
