/** The library: tsc from src/ to dist/, and the removal of what no source stands behind any more. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { filesBelow } from './files.mjs';
import { CACHE, DIST, ROOT, SRC, packageDir } from './paths.mjs';

/** Fakes for tests; they do not ship (tsconfig.build.json). */
const FAKES = join(SRC, 'testing') + sep;
const BUILD_INFO = join(CACHE, 'tsc.tsbuildinfo');

/** Compiles; throws with the compiler's words where types are wrong (what it could emit is there all the same). */
export async function compile() {
  const sources = (await filesBelow(SRC)).filter(
    (file) => file.endsWith('.ts') && !/\.(test|test-d|d)\.ts$/.test(file) && !file.startsWith(FAKES),
  );
  const outputs = new Set(sources.flatMap(outputsOf));
  await removeStale(outputs);
  // The incremental state describes what was emitted; where some of that is gone it would not be emitted again.
  if ([...outputs].some((file) => !existsSync(file))) await rm(BUILD_INFO, { force: true });
  await mkdir(DIST, { recursive: true });
  const { code, output } = await runCompiler();
  if (code !== 0) throw new Error(`types are wrong.\n${output.trim()}`);
}

function outputsOf(source) {
  const stem = join(DIST, relative(SRC, source)).replace(/\.ts$/, '');
  return [`${stem}.js`, `${stem}.d.ts`];
}

async function removeStale(outputs) {
  for (const file of await filesBelow(DIST)) {
    const place = relative(DIST, file);
    if (/^\.?web\//.test(place) || place.startsWith('sandbox/')) continue;
    if (!outputs.has(file)) await rm(file, { force: true });
  }
}

function runCompiler() {
  const tsc = join(packageDir('typescript'), 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--incremental', '--tsBuildInfoFile', BUILD_INFO];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
