/**
 * What keeping things warm is worth: a mixed trace of jobs (two worktimes; new jobs and jobs that come back; bursts and
 * lulls; more jobs at once than a worker can keep) under each policy of a worker. Writes a table, and the chart
 * bench/warm-starts.svg. `node bench/warm-starts.mjs`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chart } from './warm-starts-chart.mjs';

const POLICIES = ['cold', 'warm-runtime', 'warm-function'];
const CORES = 2;
const BURST = 40;
const CHART = fileURLToPath(new URL('warm-starts.svg', import.meta.url));

const home = await mkdtemp(join(tmpdir(), 'manyhands-warm-'));
process.env.MANYHANDS_HOME = home;
const { startScheduler } = await import('../dist/entry/scheduler.node.js');
const { Worker } = await import('../dist/entry/worker.node.js');
const { computeFor, init } = await import('../dist/entry/deployer.node.js');

const SOURCES = {
  'map-basic': (n) =>
    `(x) => { let y = x + ${n}; for (let i = 0; i < 1e5; i++) y = (y * 31 + i) % 65521; return y; }`,
  pyodide: (n) => `
import json

def work(x):
    y = x + ${n}
    for i in range(2000):
        y = (y * 31 + i) % 65521
    return json.loads(json.dumps({'y': y}))['y']
`,
};

/** A job that stays open; `burst` gives it slices, and resolves with the time to the first and to the last result. */
class OpenJob {
  #next = 1;
  #heard = 0;
  #wake = () => undefined;

  constructor(worktime, n) {
    this.worktime = worktime;
    this.job = computeFor([], SOURCES[worktime](n));
    this.job.worktime = worktime;
    this.job.autoClose = false;
    this.job.on('result', () => {
      this.#heard += 1;
      this.#wake();
    });
  }

  async burst(count = BURST) {
    const started = performance.now();
    const before = this.#heard;
    const data = Array.from({ length: count }, (_, i) => this.#next + i);
    this.#next += count;
    if (before === 0) await this.job.deploy();
    await this.job.addSlices(data);
    const until = async (heard) => {
      while (this.#heard < heard) await new Promise((resolve) => (this.#wake = resolve));
      return performance.now() - started;
    };
    const firstMs = await until(before + 1);
    return { worktime: this.worktime, firstMs, allMs: await until(before + count), count };
  }

  end() {
    return this.job.cancel();
  }
}

/** Each phase returns its bursts; jobs are numbered, so that no phase reuses a job of another. */
const PHASES = {
  /** Two jobs, as many as there are cores, get slices repeatedly. */
  async 'jobs that come back'(open) {
    const jobs = [open('map-basic'), open('pyodide')];
    const bursts = [];
    for (let round = 0; round < 6; round++) {
      bursts.push(...(await Promise.all(jobs.map((job) => job.burst()))));
      await pause(600);
    }
    return bursts.slice(jobs.length);
  },
  /** New jobs, one after the other, of worktimes that were used lately. */
  async 'new jobs'(open) {
    const bursts = [];
    for (let i = 0; i < 8; i++) {
      bursts.push(await open(i % 2 === 0 ? 'map-basic' : 'pyodide').burst());
      await pause(900);
    }
    return bursts;
  },
  /** Six jobs at once, repeatedly: more than there are cores and prewarmed sandboxes. */
  async 'the pool overflows'(open) {
    const jobs = Array.from({ length: 6 }, (_, i) => open(i % 2 === 0 ? 'map-basic' : 'pyodide'));
    const bursts = [];
    for (let round = 0; round < 3; round++) {
      bursts.push(...(await Promise.all(jobs.map((job) => job.burst()))));
      await pause(300);
    }
    return bursts;
  },
};

async function play(policy, scheduler) {
  const worker = new Worker({ scheduler: scheduler.url, isolation: 'thread', cores: CORES, policy });
  worker.on('error', ({ error }) => console.error(error.message));
  await worker.start();
  const rows = [];
  let number = 0;
  try {
    // Assets are cached and a snapshot is made before anything is measured.
    await Promise.all(
      ['map-basic', 'pyodide'].map(async (w) => {
        const job = new OpenJob(w, ++number);
        await job.burst();
        await job.end();
      }),
    );
    for (const [phase, run] of Object.entries(PHASES)) {
      const opened = [];
      const open = (worktime) => {
        opened.push(new OpenJob(worktime, ++number));
        return opened.at(-1);
      };
      await pause(1_000);
      const bursts = await run(open);
      await Promise.all(opened.map((job) => job.end()));
      for (const worktime of ['map-basic', 'pyodide']) {
        const own = bursts.filter((burst) => burst.worktime === worktime);
        const times = own.map((burst) => burst.firstMs).sort((a, b) => a - b);
        const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
        const slices = own.reduce((sum, burst) => sum + burst.count, 0);
        const seconds = own.reduce((sum, burst) => sum + burst.allMs, 0) / 1_000;
        rows.push({ policy, phase, worktime, p50: at(0.5), p95: at(0.95), rate: slices / seconds });
      }
    }
  } finally {
    await worker.stop({ force: true });
  }
  return rows;
}

const scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler'), log: () => undefined });
try {
  init({ scheduler: scheduler.url });
  const rows = [];
  for (const policy of POLICIES) rows.push(...(await play(policy, scheduler)));
  console.log('| phase | worktime | policy | first result p50, ms | p95, ms | slices/s |');
  console.log('| --- | --- | --- | ---: | ---: | ---: |');
  for (const phase of Object.keys(PHASES)) {
    for (const row of rows
      .filter((one) => one.phase === phase)
      .sort((a, b) => (a.worktime < b.worktime ? -1 : 1))) {
      const { worktime, policy, p50, p95, rate } = row;
      console.log(
        `| ${phase} | ${worktime} | ${policy} | ${p50.toFixed(0)} | ${p95.toFixed(0)} | ${rate.toFixed(0)} |`,
      );
    }
  }
  await writeFile(CHART, chart(rows));
  console.log(`\nChart: ${CHART}`);
} finally {
  await scheduler.close();
  await rm(home, { recursive: true, force: true });
}
process.exit(0);
