/**
 * What size costs: how long a range of 10^9 slices takes to deploy, what it costs the scheduler to have it, and the
 * scheduler's memory over a job of 10,000,000 slices. `node bench/large-jobs.mjs [slices]`.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startPaidCluster } from './paid-cluster.mjs';

const SLICES = Number(process.argv[2] ?? 10_000_000);
const BILLION = 1e9;
const SAMPLE_MS = 250;
const MiB = 1024 * 1024;

const cluster = await startPaidCluster({ workers: 2 });
const memory = async () => (await cluster.memory()).rss / MiB;
try {
  const deploys = [];
  for (let round = 0; round < 5; round++) {
    const job = cluster.computeFor({ start: 1, end: BILLION }, (x) => x);
    job.collateResults = false;
    job.computeGroups = [{ joinKey: 'nobody', joinSecret: 'is in it' }];
    const started = performance.now();
    await job.deploy({ pricePerSlice: 0.000_000_001, ceiling: 1 }, cluster.payer);
    deploys.push(performance.now() - started);
    await job.cancel();
  }
  const before = await memory();
  const file = join(cluster.dataDir, 'manyhands.db');
  console.log(`range of 10^9 slices: deployed in ${deploys.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  console.log(
    `  the scheduler: ${before.toFixed(0)} MiB, its database ${((await stat(file)).size / MiB).toFixed(1)} MiB`,
  );

  const job = cluster.computeFor({ start: 1, end: SLICES }, (x) => x * x);
  job.collateResults = false;
  let seen = 0;
  const samples = [];
  job.on('result', () => (seen += 1));
  const started = performance.now();
  let sampling = true;
  const watch = (async () => {
    while (sampling) {
      samples.push([seen / SLICES, await memory()]);
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
  })();
  await job.exec(0.000_000_001, cluster.payer);
  const seconds = (performance.now() - started) / 1_000;
  sampling = false;
  await watch;
  if (seen !== SLICES) throw new Error(`${seen} results for ${SLICES} slices`);
  console.log(
    `${SLICES.toLocaleString('en')} slices in ${seconds.toFixed(1)} s (${Math.round(SLICES / seconds).toLocaleString('en')} /s)`,
  );
  for (const part of [0.1, 0.25, 0.5, 0.75, 1]) {
    const upTo = samples.filter(([done]) => done <= part).map(([, mib]) => mib);
    console.log(`  scheduler's memory up to ${part * 100} %: at most ${Math.max(...upTo).toFixed(0)} MiB`);
  }
} finally {
  await cluster.stop();
}
