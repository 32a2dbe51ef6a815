/**
 * Builds dist/: the library and its declarations (tsc), the scripts of sandboxes and their frame (esbuild), the donor's
 * pages (vite), and what the scheduler's static server needs to know (headers.json, assets/manifest.json).
 * Nothing is done when no input has changed. `--quiet` prints only what is wrong; `--force` builds anyway.
 */
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFrame, bundleHeadless, bundlePage, bundleSandbox } from './build/bundle.mjs';
import { compile } from './build/compile.mjs';
import { withLock } from './build/lock.mjs';
import { writeManifest } from './build/manifest.mjs';
import { CACHE, DIST, ROOT, STAGE, WEB } from './build/paths.mjs';
import { inputsDigest, isFresh, saveStamp } from './build/stamp.mjs';
import { writeWireTables } from './build/wire-tables.mjs';

const quiet = process.argv.includes('--quiet');
const say = (text) => {
  if (!quiet) console.log(text);
};

await mkdir(CACHE, { recursive: true });
const good = await withLock(join(CACHE, 'build.lock'), build);
if (!good) process.exitCode = 1;

/** Whether everything was built. What can be built is built, even where something else is broken. */
async function build() {
  const started = performance.now();
  const digest = await inputsDigest();
  if (!process.argv.includes('--force') && (await isFresh(digest))) {
    say('dist/ is up to date.');
    return true;
  }
  say('Building dist/: up to half a minute …');
  const problems = [];
  const attempt = async (what, step) => {
    try {
      return await step();
    } catch (error) {
      problems.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  await attempt('The library', compile);
  await attempt('The tables of limits, error codes and messages', writeWireTables);
  await rm(STAGE, { recursive: true, force: true });
  const sandbox = await attempt('The sandbox script', bundleSandbox);
  await attempt('The scripts of headless sandboxes', bundleHeadless);
  await attempt('The asset manifest', () => writeManifest(sandbox));
  await attempt('The sandbox frame', bundleFrame);
  await attempt('The donor page', bundlePage);
  await rm(WEB, { recursive: true, force: true });
  await rename(STAGE, WEB);
  const command = join(DIST, 'cli', 'main.js');
  if (existsSync(command)) await chmod(command, 0o755);

  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return false;
  await saveStamp(digest);
  say(`Built ${DIST.slice(ROOT.length + 1)}/ in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return true;
}
