/**
 * Whether anything grows with time: a scheduler (SQLite, every commit on disk), a worker in threads, a worker in Deno or
 * a headless browser where this machine has one, a deployer of many small jobs, a deployer of one job that never ends,
 * and visitors that connect, ask and go, all as processes of their own for 31 minutes. Slices wait and do not compute.
 * Ends with 1 when something grew, or the books are not in order. `node bench/soak.mjs [minutes]`. Linux alone: it reads /proc.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startCluster } from '../tests/fixtures/cluster.mjs';
import { hasGrown, median, quarters } from './soak/growth.mjs';
import { cpuMs, footprint } from './soak/processes.mjs';

const MINUTES = Number(process.argv[2] ?? 31);
const SAMPLES = 124;
const SAMPLE_MS = (MINUTES * 60_000) / SAMPLES;
const VISIT_MS = 1_000;
const MiB = 1024 * 1024;
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const DEPLOYER = fileURLToPath(new URL('soak/deployer.mjs', import.meta.url));

/** Allowed growth of a figure: a part of its first value, and a fixed amount. */
const LIVE = { part: 0.15, floor: 3 };
const RESIDENT = { part: 0.15, floor: 12 };
const FILES = { part: 0, floor: 4 };
const LATENCY = { part: 0.5, floor: 20 };
const CPU = { part: 0.3, floor: 0.1 };
const STORE = { part: 0.1, floor: 16 };
const WAL = { part: 0.1, floor: 1 };

async function ask(child, question) {
  const answered = once(child, 'message');
  child.send(question);
  const [answer] = await answered;
  return answer;
}

function fileMiB(path) {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / MiB;
}

/** Starts a worker with the isolation that this machine has; undefined where there is none. */
async function startHeadless(url) {
  const { findIsolations } = await import('../dist/entry/worker.node.js');
  const [found] = findIsolations();
  if (found === undefined) return undefined;
  const args = [CLI, 'worker', '-c', '1', '--isolation', found.isolation, '--output', 'json', '-s', url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.stdout.resume();
  return { child, isolation: found.isolation };
}

/** Connects, requests an account and disconnects, repeatedly, each time over a new socket. */
async function startVisits({ url, operatorToken: token }) {
  const { openOperator } = await import('../dist/entry/operator.node.js');
  const address = `0x${'1'.repeat(40)}`;
  const over = new AbortController();
  const visits = (async () => {
    for (; !over.signal.aborted; await sleep(VISIT_MS)) {
      const operator = await openOperator({ scheduler: url, token });
      await operator.account(address);
      await operator.close();
    }
  })();
  return async () => {
    over.abort();
    await visits;
  };
}

const cluster = await startCluster({ workers: 1 });
const headless = await startHeadless(cluster.url);
const small = fork(DEPLOYER, [cluster.url, 'small']);
const long = fork(DEPLOYER, [cluster.url, 'long']);
const stopVisits = await startVisits(cluster);
const database = join(cluster.dataDir, 'manyhands.db');

/** One sample of all figures. */
async function sample() {
  const worker = cluster.workers[0];
  const [scheduler, thread, smallJobs, longJob] = await Promise.all([
    ask(cluster.scheduler, 'live bytes'),
    ask(worker, 'live bytes'),
    ask(small, 'figures'),
    ask(long, 'figures'),
  ]);
  return {
    slices: smallJobs.slices + longJob.slices,
    jobs: smallJobs.latencies.length,
    latencies: smallJobs.latencies,
    cpuMs: cpuMs(cluster.scheduler.pid),
    storeMiB: fileMiB(database),
    walMiB: fileMiB(`${database}-wal`),
    live: [scheduler, thread, smallJobs, longJob].map(({ liveBytes }) => liveBytes / MiB),
    scheduler: footprint(cluster.scheduler.pid),
    worker: footprint(worker.pid),
    headless: headless === undefined ? undefined : footprint(headless.child.pid),
    small: footprint(small.pid),
    long: footprint(long.pid),
  };
}

/** Growth from the first to the last sample, per slice that was computed meanwhile. */
function aSlice(samples, figure) {
  const [first, last] = [samples[0], samples.at(-1)];
  return (last[figure] - first[figure]) / (last.slices - first.slices);
}

const middle = (figure) => (samples) => median(samples.map(figure));

const FIGURES = [
  ['scheduler, live memory, MiB', middle((one) => one.live[0]), LIVE],
  ['scheduler, resident, MiB', middle((one) => one.scheduler.residentMiB), RESIDENT],
  ['scheduler, open files', middle((one) => one.scheduler.openFiles), FILES],
  ['scheduler, CPU a slice, ms', (samples) => aSlice(samples, 'cpuMs'), CPU],
  ['store, bytes a slice', (samples) => aSlice(samples, 'storeMiB') * MiB, STORE],
  ['store, write-ahead log, MiB', middle((one) => one.walMiB), WAL],
  ['small job, latency, ms', (samples) => median(samples.flatMap((one) => one.latencies)), LATENCY],
  ['worker, live memory, MiB', middle((one) => one.live[1]), LIVE],
  ['worker, resident, MiB', middle((one) => one.worker.residentMiB), RESIDENT],
  ['worker, open files', middle((one) => one.worker.openFiles), FILES],
  ...(headless === undefined
    ? []
    : [
        [`${headless.isolation} worker, resident, MiB`, middle((one) => one.headless.residentMiB), RESIDENT],
        [`${headless.isolation} worker, open files`, middle((one) => one.headless.openFiles), FILES],
      ]),
  ['deployer of small jobs, live, MiB', middle((one) => one.live[2]), LIVE],
  ['deployer of small jobs, open files', middle((one) => one.small.openFiles), FILES],
  ['deployer of the long job, live, MiB', middle((one) => one.live[3]), LIVE],
  ['deployer of the long job, open files', middle((one) => one.long.openFiles), FILES],
];

const digits = (value) => value.toFixed(Math.abs(value) < 10 ? 2 : 1).padStart(10);

const samples = [];
try {
  for (let n = 0; n < SAMPLES; n++) {
    await sleep(SAMPLE_MS);
    samples.push(await sample());
  }
  const { early, late } = quarters(samples);
  console.log(`${''.padEnd(38)}${'2nd quarter'.padStart(12)}${'last'.padStart(10)}`);
  for (const [name, measure, bound] of FIGURES) {
    const [before, after] = [measure(early), measure(late)];
    const grown = hasGrown(before, after, bound);
    if (grown) process.exitCode = 1;
    console.log(`${name.padEnd(38)}  ${digits(before)}${digits(after)}${grown ? '  grew' : ''}`);
  }
  const { checkDataDir } = await import('../dist/entry/scheduler.node.js');
  for (const sentence of await checkDataDir(cluster.dataDir)) {
    process.exitCode = 1;
    console.log(sentence);
  }
  const jobs = samples.reduce((total, one) => total + one.jobs, 0);
  console.log(
    `${MINUTES} minutes, ${jobs} small jobs, ${samples.at(-1).slices} slices, store ${samples.at(-1).storeMiB.toFixed(1)} MiB; load ${loadavg()[1].toFixed(1)}`,
  );
} finally {
  await stopVisits();
  for (const child of [small, long]) child.disconnect();
  headless?.child.kill('SIGTERM');
  if (headless !== undefined) await once(headless.child, 'exit');
  await cluster.stop();
}
