/**
 * How fast real code runs in a sandbox, as a ratio to a plain worker of the same engine on the same machine: each kernel in
 * turns here and there, the best of all turns. `node bench/sandbox-speed.mjs [thread|deno|chromium] [turns] [part of a kernel's name]`.
 */
import { chromium } from '@playwright/test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import { findDeno } from '../dist/worker/hosts/deno/deno-find.js';
import { findChromium } from '../scripts/find-chromium.mjs';
import { KERNELS } from './sandbox-speed/kernels.mjs';

const ROUNDS = 5;
const ASKED = 0.9;
const PLAIN = { thread: plainThread, deno: plainDeno, chromium: plainChromium };

const [only, turns = 4, part = ''] = process.argv.slice(2);
const isolations = only === undefined ? Object.keys(PLAIN) : [only];

const home = await mkdtemp(join(tmpdir(), 'manyhands-speed-'));
process.env.MANYHANDS_HOME = home;
process.env.MANYHANDS_CHROMIUM ??= findChromium();
const { startScheduler } = await import('../dist/entry/scheduler.node.js');
const { Worker } = await import('../dist/entry/worker.node.js');
const { computeFor, init } = await import('../dist/entry/deployer.node.js');

const scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler'), log: () => undefined });
init({ scheduler: scheduler.url });
let low = 0;
try {
  for (const isolation of isolations) {
    const plain = await PLAIN[isolation]();
    const worker = new Worker({ scheduler: scheduler.url, isolation, cores: 1 });
    await worker.start();
    const inSandbox = async (datum) => (await computeFor([datum], KERNELS).exec())[0];
    console.log(`${isolation}: plain ms, in the sandbox ms, ratio [${ASKED}]`);
    for (const name of (await plain.run({})).filter((one) => one.includes(part))) {
      const best = { plain: Infinity, sandbox: Infinity };
      for (let turn = 0; turn < Number(turns); turn++) {
        best.plain = Math.min(best.plain, await plain.run({ name, rounds: ROUNDS }));
        best.sandbox = Math.min(best.sandbox, await inSandbox({ name, rounds: ROUNDS }));
      }
      const ratio = best.plain / best.sandbox;
      if (ratio < ASKED) low += 1;
      console.log(
        `  ${name.padEnd(36)} ${best.plain.toFixed(1).padStart(7)} ${best.sandbox.toFixed(1).padStart(7)}  ${ratio.toFixed(2)}`,
      );
    }
    await worker.stop({ force: true });
    await plain.close();
  }
} finally {
  await scheduler.close();
  await rm(home, { recursive: true, force: true });
}
console.log(low === 0 ? 'All are as asked.' : `${low} are below ${ASKED}.`);
process.exit(low === 0 ? 0 : 1);

/** A fresh realm each time, as in a sandbox, so that no kernel profits from an earlier one. */
async function plainThread() {
  return {
    run: async (datum) => {
      const thread = new Thread(new URL('sandbox-speed/plain-worker.mjs', import.meta.url));
      thread.postMessage(datum);
      const [answer] = await once(thread, 'message');
      await thread.terminate();
      return answer;
    },
    close: async () => undefined,
  };
}

async function plainDeno() {
  const path = findDeno(process.env);
  const script = fileURLToPath(new URL('sandbox-speed/plain-worker.mjs', import.meta.url));
  return {
    run: async (datum) => {
      const child = spawn(path, ['run', '--allow-read', script], { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.write(`${JSON.stringify(datum)}\n`);
      const exited = once(child, 'exit');
      const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), exited]);
      child.kill();
      await exited;
      return JSON.parse(line);
    },
    close: async () => undefined,
  };
}

async function plainChromium() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>Plain</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: findChromium(),
    chromiumSandbox: false,
    args: ['--disable-gpu'],
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return {
    run: (datum) =>
      page.evaluate(
        ([source, given]) =>
          new Promise((resolve) => {
            const text = `const run = (0, eval)(${JSON.stringify(source)}); onmessage = ({ data }) => postMessage(run(data));`;
            const worker = new Worker(URL.createObjectURL(new Blob([text])));
            worker.onmessage = ({ data }) => (worker.terminate(), resolve(data));
            worker.postMessage(given);
          }),
        [KERNELS, datum],
      ),
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
