/**
 * Trivial slices a second from end to end: deployer, scheduler (SQLite, every commit on disk) and two workers, each a
 * process of its own, with a signed offer, payment and a `result` listener; against piscina called once per datum, in
 * the same run. `node bench/throughput.mjs [slices] [rounds]`.
 */
import { fileURLToPath } from 'node:url';
import Piscina from 'piscina';
import { startPaidCluster } from './paid-cluster.mjs';

const SLICES = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const THREADS = 2;
const PEER_TASKS = 200_000;
const PRICE = 0.000_000_001;

/** Tasks per second of piscina with one setting and so many calls in flight. */
async function peer({ inFlight, ...options }) {
  const filename = fileURLToPath(new URL('square.mjs', import.meta.url));
  const pool = new Piscina({ filename, minThreads: THREADS, maxThreads: THREADS, ...options });
  const run = async (tasks) => {
    let next = 0;
    const lane = async () => {
      while (next < tasks) {
        const x = next++;
        if ((await pool.run(x)) !== x * x) throw new Error('piscina is wrong');
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
  };
  await run(5_000);
  const started = performance.now();
  await run(PEER_TASKS);
  const rate = (PEER_TASKS / (performance.now() - started)) * 1_000;
  await pool.destroy();
  return rate;
}

async function bestPeer() {
  let best = { rate: 0 };
  for (const atomics of ['sync', 'async', 'disabled']) {
    for (const concurrentTasksPerWorker of [1, 16, 256]) {
      for (const inFlight of [64, 2_048]) {
        const setting = { atomics, concurrentTasksPerWorker, inFlight };
        const rate = await peer(setting);
        if (rate > best.rate) best = { rate, setting };
      }
    }
  }
  return best;
}

async function ours(cluster) {
  const data = Array.from({ length: SLICES }, (_, i) => i);
  const job = cluster.computeFor(data, (x) => x * x);
  let seen = 0;
  job.on('result', () => (seen += 1));
  const started = performance.now();
  const results = await job.exec(PRICE, cluster.payer);
  const rate = (SLICES / (performance.now() - started)) * 1_000;
  if (seen !== SLICES || results.at(-1) !== (SLICES - 1) ** 2) throw new Error('manyhands is wrong');
  return rate;
}

const perSecond = (rate) => `${Math.round(rate).toLocaleString('en')} /s`;
const cluster = await startPaidCluster({ workers: THREADS });
const rates = [];
try {
  for (let round = 0; round < ROUNDS; round++) rates.push(await ours(cluster));
} finally {
  await cluster.stop();
}
const rival = await bestPeer();
const best = Math.max(...rates);
const median = rates.toSorted((a, b) => a - b)[rates.length >> 1];
console.log(
  `manyhands, ${SLICES.toLocaleString('en')} slices  best ${perSecond(best)}, median ${perSecond(median)}`,
);
console.log(`piscina, best of 18 settings    ${perSecond(rival.rate)}  ${JSON.stringify(rival.setting)}`);
console.log(`ratio of the median             ${(median / rival.rate).toFixed(1)}`);
