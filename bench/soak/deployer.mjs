/**
 * A deployer as a process of its own: `deployer.mjs <url> small` runs one small job after the other, `deployer.mjs <url>
 * long` adds slices to one open job for as long as it lives. Asked `figures`, it tells what it did since it was asked last.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { computeFor, init } from '../../dist/entry/deployer.node.js';
import { liveBytes } from '../../tests/fixtures/live-bytes.mjs';

const [url, kind] = process.argv.slice(2);
/** Slices of a small job, and pause between two of them. */
const SMALL_SLICES = 10;
const PAUSE_MS = 1_500;
/** Number of unfinished slices of the long job, and number of slices that are added at a time. */
const AHEAD = 40;
const ADDED = 20;

let slices = 0;
let latencies = [];

async function runSmallJobs() {
  for (let n = 0; ; n++) {
    const job = computeFor(SMALL_SLICES, async (x) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { x, text: 'y'.repeat(200) };
    });
    job.public.name = `small ${n}`;
    let results = 0;
    job.on('result', () => (results += 1));
    const began = performance.now();
    await job.exec();
    if (results !== SMALL_SLICES) throw new Error(`job ${job.id} had ${results} results`);
    latencies.push(performance.now() - began);
    slices += results;
    await sleep(PAUSE_MS);
  }
}

async function runLongJob() {
  let added = 1;
  let results = 0;
  const job = computeFor(added, async (x) => {
    await new Promise((resolve) => setTimeout(resolve, 80));
    if (x % 10 === 0) console.log('slice', x);
    return 'z'.repeat(300);
  });
  job.autoClose = false;
  job.collateResults = false;
  job.public.name = 'long';
  job.on('console', () => undefined);
  job.on('result', () => {
    slices += 1;
    results += 1;
  });
  await job.deploy();
  for (; ; await sleep(100)) {
    if (added - results > AHEAD) continue;
    await job.addSlices(Array.from({ length: ADDED }, (_, i) => i));
    added += ADDED;
  }
}

process.on('message', () => {
  process.send({ slices, latencies, liveBytes: liveBytes() });
  latencies = [];
});
process.on('disconnect', () => process.exit());
init({ scheduler: url });
await (kind === 'small' ? runSmallJobs() : runLongJob());
