/**
 * How long a sandbox takes from its request to its first result, in the frame without a network of a real Chromium, in a
 * frame of its own each time (the one that a page keeps ready), with assets cached: cold, from a snapshot, prewarmed. `node bench/starts.mjs [rounds]`.
 */
import { chromium } from '@playwright/test';
import { build } from 'esbuild';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStaticFiles } from '../dist/scheduler/http/static-files.js';
import { describeWorktime } from '../dist/worktimes/registry.js';
import { findChromium } from '../scripts/find-chromium.mjs';

const ROUNDS = Number(process.argv[2] ?? 30);
const CASES = [
  ['map-basic', 'cold'],
  ['map-basic', 'prewarmed'],
  ['pyodide', 'cold'],
  ['pyodide', 'snapshot'],
  ['pyodide', 'prewarmed'],
];
/** A cold start takes seconds. */
const COLD_ROUNDS = 5;

const local = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'manyhands-starts-'));
await cp(local('../dist/web/'), folder, { recursive: true });
await cp(local('../dist/sandbox/browser-sandbox.js'), join(folder, 'sandbox-script.js'));
const page = {
  entryPoints: [local('starts/page.mjs')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
};
await writeFile(join(folder, 'page.js'), (await build(page)).outputFiles[0].text);
await writeFile(
  join(folder, 'index.html'),
  '<!doctype html><title>Starts</title><script type="module" src="/page.js"></script>',
);
const files = await openStaticFiles(folder);
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  void files
    .serve(pathname, request.method, request, response)
    .then((found) => found || response.writeHead(404).end());
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: findChromium(),
  chromiumSandbox: false,
  args: ['--disable-gpu'],
});
try {
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.waitForFunction(() => 'starts' in globalThis);
  const { version, assets } = describeWorktime('pyodide');
  const paths = Object.fromEntries(assets.files.map((name) => [name, `/assets/pyodide/${version}/${name}`]));
  const bytes = await tab.evaluate((all) => globalThis.starts.prepare(all), paths);
  console.log(`snapshot of ${(bytes / 2 ** 20).toFixed(1)} MiB\n`);
  console.log('| worktime | start | p50, ms | p95, ms |');
  console.log('| --- | --- | ---: | ---: |');
  for (const [name, how] of CASES) {
    const rounds = name === 'pyodide' && how === 'cold' ? Math.min(COLD_ROUNDS, ROUNDS) : ROUNDS;
    const times = [];
    for (let i = 0; i < rounds; i++) {
      times.push(await tab.evaluate((args) => globalThis.starts.once(...args), [name, how]));
      // The frame before is taken down, and another one made ready, before the next one counts.
      await pause(1_500);
    }
    times.sort((a, b) => a - b);
    const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(0);
    console.log(`| ${name} | ${how} | ${at(0.5)} | ${at(0.95)} |`);
  }
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
}
