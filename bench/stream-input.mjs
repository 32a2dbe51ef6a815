/**
 * The memory of a deployer that streams 10,000,000 small items from a generator and sums their results: the resident memory of
 * its process, sampled over the job. Scheduler and workers are own processes. Ends with 1 where it passes 200 MB.
 * `node bench/stream-input.mjs [items]`.
 */
import { startCluster } from '../tests/fixtures/cluster.mjs';

const ITEMS = Number(process.argv[2] ?? 10_000_000);
const LIMIT_MB = 200;
const SAMPLE_MS = 100;
const MB = 1_000_000;

function* items() {
  for (let n = 0; n < ITEMS; n++) yield { n, name: `item ${n}` };
}

const cluster = await startCluster({ workers: 2 });
try {
  const { computeFor, init } = await import('../dist/entry/deployer.node.js');
  init({ scheduler: cluster.url });
  const before = process.memoryUsage.rss() / MB;
  const job = computeFor(items(), ({ n }) => n % 7);
  job.collateResults = false;
  let seen = 0;
  let sum = 0;
  job.on('result', ({ result }) => {
    seen += 1;
    sum += result;
  });
  const samples = [];
  const sampling = setInterval(() => samples.push([seen / ITEMS, process.memoryUsage.rss() / MB]), SAMPLE_MS);
  const started = performance.now();
  await job.exec();
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(sampling);
  samples.push([1, process.memoryUsage.rss() / MB]);
  let expected = 0;
  for (let n = 0; n < ITEMS; n++) expected += n % 7;
  if (seen !== ITEMS || sum !== expected) throw new Error(`${seen} results of ${ITEMS}, sum ${sum}`);
  const rate = Math.round(ITEMS / seconds).toLocaleString('en');
  console.log(`${ITEMS.toLocaleString('en')} items in ${seconds.toFixed(1)} s (${rate} /s)`);
  console.log(`  the deployer's memory before the job: ${before.toFixed(0)} MB`);
  for (const part of [0.1, 0.25, 0.5, 0.75, 1]) {
    const upTo = samples.filter(([done]) => done <= part).map(([, mb]) => mb);
    console.log(`  up to ${part * 100} % of the results: at most ${Math.max(...upTo).toFixed(0)} MB`);
  }
  const most = Math.max(...samples.map(([, mb]) => mb));
  console.log(`  the most: ${most.toFixed(0)} MB (below ${LIMIT_MB} wanted)`);
  if (most >= LIMIT_MB) process.exitCode = 1;
} finally {
  await cluster.stop();
}
