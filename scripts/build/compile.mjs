/**
 * The library: tsc from src/ to dist/, the declarations that users can come to beside it, and the removal of what no
 * source stands behind any more.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { filesBelow } from './files.mjs';
import { CACHE, DIST, ROOT, SRC, packageDir } from './paths.mjs';
import { reachableTypes } from './public-types.mjs';

/** Fakes for tests; they do not ship (tsconfig.build.json). */
const FAKES = join(SRC, 'testing') + sep;
const BUILD_INFO = join(CACHE, 'tsc.tsbuildinfo');
/** All declarations, of which a part is shipped. */
const TYPES = join(CACHE, 'types');

/** Compiles; throws with the compiler's words where types are wrong (what it could emit is there all the same). */
export async function compile() {
  const sources = (await filesBelow(SRC)).filter(
    (file) => file.endsWith('.ts') && !/\.(test|test-d|d)\.ts$/.test(file) && !file.startsWith(FAKES),
  );
  const scripts = sources.map((file) => outputOf(file, DIST, '.js'));
  const types = sources.map((file) => outputOf(file, TYPES, '.d.ts'));
  await removeStale(TYPES, new Set(types));
  // The incremental state describes what was emitted; where some of that is gone it would not be emitted again.
  if ([...scripts, ...types].some((file) => !existsSync(file))) await rm(BUILD_INFO, { force: true });
  await mkdir(DIST, { recursive: true });
  const { code, output } = await runCompiler();
  await removeStale(DIST, new Set([...scripts, ...(await shipTypes())]));
  if (code !== 0) throw new Error(`types are wrong.\n${output.trim()}`);
}

function outputOf(source, folder, extension) {
  return join(folder, relative(SRC, source)).replace(/\.ts$/, extension);
}

/** Puts the declarations that users can come to beside the scripts, and returns where they are. */
async function shipTypes() {
  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const inTypes = (path) => join(TYPES, relative(DIST, join(ROOT, path)));
  const entries = Object.values(exports).flatMap(({ types }) =>
    types === undefined ? [] : [inTypes(types)],
  );
  const shipped = [];
  for (const file of await reachableTypes(entries)) {
    const place = join(DIST, relative(TYPES, file));
    await mkdir(dirname(place), { recursive: true });
    await copyFile(file, place);
    shipped.push(place);
  }
  return shipped;
}

async function removeStale(folder, outputs) {
  for (const file of await filesBelow(folder)) {
    const place = relative(folder, file);
    if (folder === DIST && (/^\.?web\//.test(place) || place.startsWith('sandbox/'))) continue;
    if (!outputs.has(file)) await rm(file, { force: true });
  }
}

function runCompiler() {
  const tsc = join(packageDir('typescript'), 'bin', 'tsc');
  const where = ['--declarationDir', TYPES, '--tsBuildInfoFile', BUILD_INFO];
  const args = [tsc, '-p', 'tsconfig.build.json', '--incremental', ...where];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
