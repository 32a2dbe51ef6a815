/**
 * How many cheap slices a second one core calls in Python, by the time that the sandbox itself says it computed: integers, and
 * small dicts that come and go. `node bench/python-calls.mjs`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROUNDS = 3;
const CASES = {
  integers: { slices: 2_000_000, source: 'lambda x: x + 1', datum: (i) => i },
  'small dicts': {
    slices: 200_000,
    source: 'lambda d: {"id": d["id"], "sum": d["a"] + d["b"]}',
    datum: (i) => ({ id: i, a: i % 7, b: i % 11 }),
  },
};

const home = await mkdtemp(join(tmpdir(), 'manyhands-python-'));
process.env.MANYHANDS_HOME = home;
const { startScheduler } = await import('../dist/entry/scheduler.node.js');
const { Worker } = await import('../dist/entry/worker.node.js');
const { computeFor, init } = await import('../dist/entry/deployer.node.js');

const scheduler = await startScheduler({ port: 0, dataDir: join(home, 'scheduler'), log: () => undefined });
const worker = new Worker({ scheduler: scheduler.url, isolation: 'thread', cores: 1 });
try {
  init({ scheduler: scheduler.url });
  let computeMs = 0;
  worker.on('result', (event) => (computeMs += event.computeMs));
  await worker.start();
  for (const [name, { slices, source, datum }] of Object.entries(CASES)) {
    const data = Array.from({ length: slices }, (_, i) => datum(i));
    const rates = [];
    for (let round = 0; round < ROUNDS; round++) {
      computeMs = 0;
      const job = computeFor(data, source);
      job.worktime = 'pyodide';
      const results = await job.exec();
      if (results.length !== slices) throw new Error('manyhands is wrong');
      rates.push((slices / computeMs) * 1_000);
    }
    const text = rates.map((rate) => `${Math.round(rate).toLocaleString('en')}/s`);
    console.log(`${name.padEnd(12)} ${text.join(', ')}`);
  }
} finally {
  await worker.stop({ force: true });
  await scheduler.close();
  await rm(home, { recursive: true, force: true });
}
process.exit(0);
