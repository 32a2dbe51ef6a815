/**
 * dist/web/assets/manifest.json: the files that a sandbox is started from, for whoever fetches and verifies them.
 *
 *   { "assets": [{ "name", "path", "sha256", "bytes", "package"?, "file"? }] }
 *
 * `name`: what the worktime calls it. `path`: where the scheduler serves it; it changes with its content, so that it
 * can be cached for ever. `sha256`: 64 lower-case hexadecimal digits over `bytes` bytes. `file` is where it lies: as seen from
 * dist/web, or in the folder of the npm package `package` (Pyodide is 13 MB, and installed anyway).
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, STAGE, packageDir } from './paths.mjs';

/** Writes the manifest. The library must be compiled. `sandboxScript`: its text, where there is one. */
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
  const { WORKTIMES } = await import(pathToFileURL(join(DIST, 'worktimes', 'registry.js')).href);
  for (const worktime of WORKTIMES) {
    if (worktime.assets === undefined) continue;
    const { package: name, files } = worktime.assets;
    const folder = packageDir(name);
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    for (const file of files) {
      const bytes = await readFile(join(folder, file));
      const path = `/assets/${name}/${version}/${file}`;
      assets.push({ name: file, path, ...measure(bytes), package: name, file });
    }
  }
  await writeFile(join(STAGE, 'assets', 'manifest.json'), `${JSON.stringify({ assets }, null, 2)}\n`);
}

function measure(bytes) {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}
