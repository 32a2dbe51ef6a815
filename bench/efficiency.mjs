/**
 * What of two cores reaches the work function: two workers (each a process) with scheduler and deployer beside them,
 * against the same function in a bare loop in two threads, in the same run, after a job of the same kind that is not
 * counted. Best of three. `node bench/efficiency.mjs [seconds [case]]`.
 */
import { Worker } from 'node:worker_threads';
import { startCluster } from '../tests/fixtures/cluster.mjs';

const SECONDS = Number(process.argv[2] ?? 20);
const ONLY = process.argv[3];
const THREADS = 2;

/** Computes `unit` steps; `skew` spreads the durations of slices over a factor of a thousand with the same mean. */
function spin(i, unit, skew) {
  let steps = unit;
  if (skew) {
    // A fixed pseudo-random power between 10^-1.5 and 10^1.5 of the unit, about evenly spread in its logarithm.
    let h = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) >>> 0;
    steps = unit * 0.2186 * 10 ** (((h >>> 8) / 2 ** 24) * 3 - 1.5);
  }
  let x = i | 1;
  for (let k = 0; k < steps; k++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x & 1;
}

/** Steps per millisecond of one core of this machine while both are busy. */
async function calibrate() {
  const steps = 2e8;
  const ms = await bareLoop(THREADS, [steps, false]);
  return steps / ms;
}

async function bareLoop(slices, args) {
  const share = Math.ceil(slices / THREADS);
  const threads = Array.from({ length: THREADS }, (_, t) => {
    const workerData = { source: String(spin), args, from: t * share, to: Math.min(slices, (t + 1) * share) };
    return new Worker(new URL('bare-loop.mjs', import.meta.url), { workerData });
  });
  const next = (thread) => new Promise((resolve) => thread.once('message', resolve));
  await Promise.all(threads.map(next));
  const started = performance.now();
  const done = threads.map(next);
  for (const thread of threads) thread.postMessage('go');
  await Promise.all(done);
  const ms = performance.now() - started;
  await Promise.all(threads.map((thread) => thread.terminate()));
  return ms;
}

const cluster = await startCluster({ workers: THREADS });
try {
  const { computeFor, init } = await import('../dist/entry/deployer.node.js');
  init({ scheduler: cluster.url });
  const stepsPerMs = await calibrate();
  // A scheduler and its workers run for days, so their code is compiled before a job arrives.
  const warmUp = Array.from({ length: 20_000 }, (_, i) => i);
  await computeFor(warmUp, spin, [stepsPerMs, true]).exec();
  const cases = [
    { name: '100 ms', sliceMs: 100, skew: false },
    { name: '1 ms', sliceMs: 1, skew: false },
    { name: '0.1 ms', sliceMs: 0.1, skew: false },
    { name: 'skewed 1000×, mean 5 ms', sliceMs: 5, skew: true },
  ];
  for (const { name, sliceMs, skew } of cases) {
    if (ONLY !== undefined && ONLY !== name) continue;
    const slices = 2 * Math.round((SECONDS * 1_000) / sliceMs);
    const args = [stepsPerMs * sliceMs, skew];
    const bare = [];
    const ours = [];
    for (let round = 0; round < 3; round++) {
      bare.push(await bareLoop(slices, args));
      const job = computeFor(
        Array.from({ length: slices }, (_, i) => i),
        spin,
        args,
      );
      const started = performance.now();
      await job.exec();
      ours.push(performance.now() - started);
    }
    const best = (list) => Math.min(...list);
    const ratio = best(bare) / best(ours);
    console.log(
      `${name.padEnd(24)} ${String(slices).padStart(7)} slices  bare ${best(bare).toFixed(0)} ms  manyhands ${best(ours).toFixed(0)} ms  ${(ratio * 100).toFixed(1)} %`,
    );
  }
} finally {
  await cluster.stop();
}
