/**
 * One Chromium tab with two sandboxes, scheduler and deployer as processes of their own: trivial JavaScript slices a second from
 * end to end, and what of two cores reaches a work function of 10 ms, in both worktimes, against bare Web Workers in a loop.
 * `node bench/browser.mjs [seconds]`.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build } from 'esbuild';
import { findChromium } from '../scripts/find-chromium.mjs';
import { startCluster } from '../tests/fixtures/cluster.mjs';

const SECONDS = Number(process.argv[2] ?? 10);
const SLICES = 1_000_000;
const SLICE_MS = 10;
const ROUNDS = 3;

function spin(i, steps) {
  let x = i | 1;
  for (let k = 0; k < steps; k++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x & 1;
}

const SPIN_PYTHON = `def work(i, steps):
    x = i | 1
    for k in range(steps):
        x = (x * 1664525 + 1013904223) & 0xffffffff
    return x & 1`;

const TYPES = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};
const TAB = '<!doctype html><title>bench</title><script type="module" src="/tab.js"></script>';

/** The site of the tab: its script, those of the bare Workers, and Pyodide from its npm package. */
async function serveTab() {
  const entry = fileURLToPath(new URL('browser/tab.js', import.meta.url));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', write: false });
  const pyodide = new URL('../node_modules/pyodide/', import.meta.url);
  const find = (path) => {
    if (path === '/') return TAB;
    if (path === '/tab.js') return outputFiles[0].contents;
    if (path.startsWith('/pyodide/')) return readFile(new URL(path.slice('/pyodide/'.length), pyodide));
    return readFile(new URL(`browser${path}`, import.meta.url));
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    try {
      const body = await find(pathname);
      response.setHeader(
        'Content-Type',
        pathname === '/' ? 'text/html' : (TYPES[extname(pathname)] ?? 'application/octet-stream'),
      );
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** The best of several rounds of each, measured alternately, milliseconds. */
async function compare(page, computeFor, kind, source, stepsPerMs) {
  const slices = 2 * Math.round((SECONDS * 1_000) / SLICE_MS);
  const args = [Math.round(stepsPerMs * SLICE_MS)];
  const bare = [];
  const ours = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(
      await page.evaluate((order) => window.tab.bareLoop(...order), [kind, String(source), slices, args]),
    );
    const job = computeFor(
      Array.from({ length: slices }, (_, i) => i),
      source,
      args,
    );
    if (kind === 'python') job.worktime = 'pyodide';
    const started = performance.now();
    await job.exec();
    ours.push(performance.now() - started);
  }
  const [best, mine] = [Math.min(...bare), Math.min(...ours)];
  console.log(
    `${kind.padEnd(8)} ${slices} slices of ${SLICE_MS} ms  bare ${best.toFixed(0)} ms  manyhands ${mine.toFixed(0)} ms  ${((best / mine) * 100).toFixed(1)} %`,
  );
}

const site = await serveTab();
const cluster = await startCluster({ workers: 0, allowWebOrigins: [new URL(site.url).origin] });
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ],
});
try {
  const { computeFor, init } = await import('../dist/entry/deployer.node.js');
  init({ scheduler: cluster.url });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`tab: ${error.message}`));
  await page.goto(site.url);
  await page.waitForFunction(() => window.tab !== undefined);
  await page.evaluate((url) => window.tab.lend(url), cluster.url);

  const data = Array.from({ length: SLICES }, (_, i) => i);
  const rates = [];
  for (let round = 0; round < ROUNDS; round++) {
    let seen = 0;
    const job = computeFor(data, (x) => x * x);
    job.on('result', () => (seen += 1));
    const started = performance.now();
    const results = await job.exec();
    rates.push((SLICES / (performance.now() - started)) * 1_000);
    if (seen !== SLICES || results.at(-1) !== (SLICES - 1) ** 2) throw new Error('manyhands is wrong');
  }
  console.log(`trivial  ${rates.map((rate) => `${Math.round(rate).toLocaleString('en')}/s`).join(', ')}`);

  const probe = { js: [spin, 2e8], python: [SPIN_PYTHON, 2e6] };
  for (const [kind, [source, steps]] of Object.entries(probe)) {
    const order = [kind, String(source), 2, [steps]];
    const ms = await page.evaluate((what) => window.tab.bareLoop(...what), order);
    await compare(page, computeFor, kind, source, steps / ms);
  }
  await page.evaluate(() => window.tab.stop());
} finally {
  await browser.close();
  site.close();
  await cluster.stop();
}
