/**
 * A crowd before one scheduler (SQLite, every commit on disk): workers that wait one second for every slice and report
 * each alone, of which a tenth leaves without a word every minute and is replaced, and one deployer that follows its
 * job. `node bench/crowd.mjs [workers] [seconds] [options of Node for the scheduler]`. Linux alone: it reads /proc.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startScheduler } from './crowd/scheduler.mjs';
import { TimerWorker } from './crowd/worker.mjs';

const WORKERS = Number(process.argv[2] ?? 1_000);
const WINDOW_MS = Number(process.argv[3] ?? 60) * 1_000;
const NODE_ARGS = process.argv.slice(4);
const SLICE_MS = 1_000;
/** Share of the workers that is replaced each minute. */
const CHURN = 0.1;
/** Warm-up after every worker has a lease, before anything is measured. */
const SETTLE_MS = 5_000;
const START_MS_MAX = 60_000;
const HEALTH_EVERY_MS = 200;
const LOOK_MS = 20;

function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

const overlapMs = ([from, to], [windowFrom, windowTo]) =>
  Math.max(0, Math.min(to, windowTo) - Math.max(from, windowFrom));

/** The workers, and their measurements within the window. */
class Crowd {
  welcomed = 0;
  leased = 0;
  slices = 0;
  idleWaits = [];
  reports = [];
  failures = new Map();
  left = 0;
  #options;
  #workers = [];
  #window = [Infinity, Infinity];
  #busyMs = 0;
  #liveMs = 0;

  constructor(socketUrl) {
    const seen = {
      welcomed: () => (this.welcomed += 1),
      leased: () => (this.leased += 1),
      idleWait: (ms) => this.#isOpen && this.idleWaits.push(ms),
      reported: (ms) => this.#isOpen && this.reports.push(ms),
      failed: (why) => this.failures.set(why, (this.failures.get(why) ?? 0) + 1),
      slice: (...span) => {
        this.slices += 1;
        this.#busyMs += overlapMs(span, this.#window);
      },
    };
    this.#options = { socketUrl, sliceMs: SLICE_MS, seen };
  }

  join() {
    this.#workers.push(new TimerWorker(this.#options));
  }

  /** One worker disconnects without a message, and a new one connects. */
  replaceOne() {
    const at = Math.floor(Math.random() * this.#workers.length);
    const [worker] = this.#workers.splice(at, 1);
    this.#count(worker);
    worker.leave();
    this.left += 1;
    this.join();
  }

  open() {
    this.#window = [performance.now(), Infinity];
  }

  /** Ends the window; returns the share of the workers' time in it that they spent on slices. */
  close() {
    this.#window[1] = performance.now();
    for (const worker of this.#workers) this.#count(worker);
    return this.#busyMs / this.#liveMs;
  }

  stop() {
    for (const worker of this.#workers) worker.leave();
  }

  get #isOpen() {
    return this.#window[0] !== Infinity && this.#window[1] === Infinity;
  }

  /** The parts of its life and of its current slice that lie in the window. */
  #count({ bornMs, sliceBeganMs }) {
    const now = performance.now();
    this.#liveMs += overlapMs([bornMs, now], this.#window);
    if (sliceBeganMs === undefined) return;
    this.#busyMs += overlapMs([sliceBeganMs, Math.min(now, sliceBeganMs + SLICE_MS)], this.#window);
  }
}

/** Requests `/healthz` repeatedly; returns the duration of each answer, milliseconds. */
function watchHealth(url) {
  const took = [];
  const timer = setInterval(async () => {
    const began = performance.now();
    await (await fetch(new URL('healthz', url))).arrayBuffer();
    took.push(performance.now() - began);
  }, HEALTH_EVERY_MS);
  return { took, stop: () => clearInterval(timer) };
}

async function startDeployer(url) {
  const file = fileURLToPath(new URL('crowd/deployer.mjs', import.meta.url));
  const slices = Math.ceil((WORKERS * 2 * (WINDOW_MS + START_MS_MAX)) / SLICE_MS);
  const child = fork(file, [url, String(slices)]);
  await once(child, 'message');
  return child;
}

async function until(isSo, what) {
  const began = performance.now();
  while (!isSo()) {
    if (performance.now() - began > START_MS_MAX) throw new Error(`not within a minute: ${what}`);
    await sleep(LOOK_MS);
  }
}

/** Replaces workers for the given time. */
async function churn(crowd, ms) {
  const everyMs = 60_000 / (WORKERS * CHURN);
  const began = performance.now();
  for (let gone = 0; performance.now() - began < ms; await sleep(LOOK_MS)) {
    for (; gone < Math.floor((performance.now() - began) / everyMs); gone++) crowd.replaceOne();
  }
}

/** CPU time of the scheduler per slice, milliseconds, while workers are replaced for the given time. */
async function cpuASlice(crowd, scheduler, ms) {
  const [cpuMs, slices] = [scheduler.cpuMs(), crowd.slices];
  await churn(crowd, ms);
  return (scheduler.cpuMs() - cpuMs) / (crowd.slices - slices);
}

const home = await mkdtemp(join(tmpdir(), 'manyhands-crowd-'));
process.env.MANYHANDS_HOME = home;
const scheduler = await startScheduler(join(home, 'scheduler'), NODE_ARGS);
const { url } = scheduler;
const deployer = await startDeployer(url);
const crowd = new Crowd(new URL('socket', url.replace(/^http/, 'ws')).href);
try {
  const began = performance.now();
  for (let i = 0; i < WORKERS; i++) crowd.join();
  await until(() => crowd.welcomed === WORKERS, 'all workers are welcomed');
  const welcomedS = (performance.now() - began) / 1_000;
  await until(() => crowd.leased === WORKERS, 'all workers have a lease');
  const leasedS = (performance.now() - began) / 1_000;
  console.log(
    `${WORKERS} workers: all connected after ${welcomedS.toFixed(1)} s, with a lease after ${leasedS.toFixed(1)} s`,
  );
  await churn(crowd, SETTLE_MS);

  const lag = monitorEventLoopDelay();
  lag.enable();
  const health = watchHealth(url);
  crowd.open();
  const cpu = [];
  for (let third = 0; third < 3; third++) cpu.push(await cpuASlice(crowd, scheduler, WINDOW_MS / 3));
  const busy = crowd.close();
  health.stop();
  deployer.send('results');
  const [{ results }] = await once(deployer, 'message');

  const pair = (values) =>
    `p50 ${quantile(values, 0.5).toFixed(0)} ms, p99 ${quantile(values, 0.99).toFixed(0)} ms`;
  console.log(
    `busy              ${(busy * 100).toFixed(1)} % of the workers' time in ${WINDOW_MS / 1_000} s`,
  );
  console.log(`idle until lease  ${pair(crowd.idleWaits)} (${crowd.idleWaits.length} times)`);
  console.log(`report            ${pair(crowd.reports)}`);
  console.log(`/healthz          ${pair(health.took)}`);
  console.log(`CPU a slice       ${cpu.map((ms) => ms.toFixed(2)).join(', ')} ms in each third`);
  console.log(`resident memory   ${scheduler.residentMiB().toFixed(0)} MiB`);
  console.log(
    `slices            ${crowd.slices} computed, ${results} results at the deployer; ${crowd.left} workers left`,
  );
  console.log(
    `this process      late by p99 ${(lag.percentile(99) / 1e6).toFixed(0)} ms; load ${loadavg()[0].toFixed(1)}`,
  );
  for (const [why, times] of crowd.failures) console.log(`failed            ${times} times: ${why}`);
} finally {
  crowd.stop();
  deployer.disconnect();
  for (const line of scheduler.trouble.slice(0, 5)) console.log(line);
  await scheduler.stop();
  await rm(home, { recursive: true, force: true });
}
