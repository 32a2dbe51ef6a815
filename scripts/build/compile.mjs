/**
 * The library: tsc compiles src/, its scripts go to dist/ without their comments (a fifth of the package's size), with the
 * declarations that users can reach, which keep theirs; files without a source are removed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import { filesBelow } from './files.mjs';
import { CACHE, DIST, ROOT, SRC, packageDir } from './paths.mjs';
import { reachableTypes } from './public-types.mjs';

/** Fakes for tests; they do not ship (tsconfig.build.json). */
const FAKES = join(SRC, 'testing') + sep;
const BUILD_INFO = join(CACHE, 'tsc.tsbuildinfo');
/** The scripts as tsc writes them. */
const SCRIPTS = join(CACHE, 'scripts');
/** All declarations, of which a part is shipped. */
const TYPES = join(CACHE, 'types');

/** Compiles; throws with the compiler's words where types are wrong (what it could emit is there all the same). */
export async function compile() {
  const sources = (await filesBelow(SRC)).filter(
    (file) => file.endsWith('.ts') && !/\.(test|test-d|d)\.ts$/.test(file) && !file.startsWith(FAKES),
  );
  const scripts = sources.map((file) => outputOf(file, SCRIPTS, '.js'));
  const types = sources.map((file) => outputOf(file, TYPES, '.d.ts'));
  await removeStale(TYPES, new Set(types));
  await removeStale(SCRIPTS, new Set(scripts));
  // The incremental state describes what was emitted; where some of that is gone it would not be emitted again.
  if ([...scripts, ...types].some((file) => !existsSync(file))) await rm(BUILD_INFO, { force: true });
  await mkdir(DIST, { recursive: true });
  const { code, output } = await runCompiler();
  await removeStale(DIST, new Set([...(await shipScripts(scripts)), ...(await shipTypes())]));
  if (code !== 0) throw new Error(`types are wrong.\n${output.trim()}`);
}

function outputOf(source, folder, extension) {
  return join(folder, relative(SRC, source)).replace(/\.ts$/, extension);
}

/** Writes the scripts that tsc could emit to dist/, without comments, and returns where they are. */
async function shipScripts(scripts) {
  const printer = ts.createPrinter({ removeComments: true });
  const emitted = scripts.filter((file) => existsSync(file));
  return Promise.all(
    emitted.map(async (file) => {
      const place = join(DIST, relative(SCRIPTS, file));
      const script = ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.ESNext);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, printer.printFile(script));
      return place;
    }),
  );
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
  const where = ['--outDir', SCRIPTS, '--declarationDir', TYPES, '--tsBuildInfoFile', BUILD_INFO];
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
