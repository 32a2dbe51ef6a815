/**
 * A deployer process that is killed at random moments: `deployer.mjs <url> <log> <seed> act` deploys paid and unpaid jobs,
 * adds slices, tops up, closes and cancels until it is killed; `... finish` waits for the end of all jobs and exits. Every
 * acknowledgement of the scheduler is appended to the log before the next step. Slice n of each job has the datum n, so that
 * each result can be checked.
 */
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { attach, computeFor, init } from '../../../dist/entry/deployer.node.js';
import { faultDuration } from '../../fixtures/fault-duration.mjs';

const [url, log, seed, mode] = process.argv.slice(2);
/** Jobs at a time. */
const JOBS = 5;
const PRICE = 1;
/** Codes of requests for a job that ended between two steps of this process. */
const ENDED = new Set(['JOB_CLOSED', 'JOB_CANCELLED', 'JOB_STATE']);
const WORK = `async (n) => {
  await new Promise((resolve) => setTimeout(resolve, 3 + (n % 7)));
  if (n % 97 === 5) throw new RangeError('datum ' + n);
  return n * 3 + 1;
}`;

const earlier = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
const file = openSync(log, 'a');
// A killed process may have written an incomplete line.
writeSync(file, '\n');
const life = `${process.pid}-${Date.now()}`;
const acknowledged = (what, jobId, more = {}) =>
  writeSync(file, `${JSON.stringify({ what, jobId, life, ...more })}\n`);

/** Open jobs of this process: handle, ceiling where it pays, last slice, whether slices can be added. */
const live = [];

/** mulberry32: the same steps from the same seed. */
function seeded(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const random = seeded(Number(seed));
const integer = (min, max) => min + Math.floor(random() * (max - min + 1));
const numbers = (first, count) => Array.from({ length: count }, (_, i) => first + i);

function listen(job) {
  job.on('result', ({ sliceNumber, result }) =>
    acknowledged('result', job.id, { slice: sliceNumber, result }),
  );
  job.on('error', ({ sliceNumber, name }) => {
    if (sliceNumber !== undefined) acknowledged('result', job.id, { slice: sliceNumber, failedWith: name });
  });
}

/** Waits for the end of the job; failed slices and a cancellation are expected. */
async function ended(job) {
  try {
    await job.wait();
  } catch (error) {
    if (error.code !== 'SLICES_FAILED' && error.code !== 'JOB_CANCELLED') throw error;
  }
}

function track(one) {
  live.push(one);
  one.ended = ended(one.job).then(() => live.splice(live.indexOf(one), 1));
}

/** Retries while the scheduler is down; undefined where the scheduler never received the job. */
async function attachTo(jobId) {
  for (;;) {
    try {
      return await attach(jobId);
    } catch (error) {
      if (error.code === 'JOB_UNKNOWN') return undefined;
      if (error.code !== 'CONNECT_FAILED') throw error;
      await faultDuration(200);
    }
  }
}

/** Attaches to the open jobs of earlier processes. */
async function reattach() {
  const ceilings = new Map();
  const jobIds = new Set();
  for (const line of earlier.filter((text) => text.endsWith('}'))) {
    const { what, jobId, ceiling } = JSON.parse(line);
    jobIds.add(jobId);
    if (what === 'deployed' || what === 'toppedUp') ceilings.set(jobId, ceiling);
  }
  for (const jobId of jobIds) {
    const job = await attachTo(jobId);
    if (job === undefined) continue;
    job.collateResults = false;
    listen(job);
    const { runStatus } = job.status;
    if (runStatus === 'finished' || runStatus === 'cancelled') continue;
    track({ job, ceiling: ceilings.get(jobId) ?? 0, last: job.committed, isOpen: !job.autoClose });
  }
}

async function deploy() {
  const slices = integer(20, 80);
  const job = computeFor(random() < 0.5 ? { start: 1, end: slices } : numbers(1, slices), WORK);
  job.autoClose = random() < 0.4;
  job.collateResults = false;
  listen(job);
  const ceiling = random() < 0.6 ? slices - integer(0, 9) : 0;
  acknowledged('begun', job.id);
  try {
    await job.deploy(...(ceiling > 0 ? [{ pricePerSlice: PRICE, ceiling }] : []));
  } catch (error) {
    // Whether the job was deployed is found out by the next process.
    if (error.code === 'CONNECT_FAILED') return;
    throw error;
  }
  acknowledged('deployed', job.id, { ceiling });
  track({ job, ceiling, last: slices, isOpen: !job.autoClose });
}

async function addSlices(one) {
  const added = integer(1, 30);
  const first = one.last + 1;
  one.last += added;
  const { lastSliceNumber } = await one.job.addSlices(numbers(first, added));
  acknowledged('added', one.job.id, { last: lastSliceNumber });
}

async function topUp(one, by) {
  if (one.ceiling === 0) return;
  one.ceiling += by;
  await one.job.topUp(one.ceiling);
  acknowledged('toppedUp', one.job.id, { ceiling: one.ceiling });
}

/** One step with one of the jobs. */
async function act(one) {
  const which = random();
  try {
    if (which < 0.45 && one.isOpen) await addSlices(one);
    else if (which < 0.62) await topUp(one, 40);
    else if (which < 0.68) {
      await one.job.cancel('enough');
      acknowledged('cancelled', one.job.id);
    } else if (which < 0.76) {
      await one.job.close();
      acknowledged('closed', one.job.id);
      one.isOpen = false;
    }
  } catch (error) {
    // Whether the request was carried out is found out by the next process.
    if (error.code === 'CONNECT_FAILED') live.splice(live.indexOf(one), 1);
    else if (!ENDED.has(error.code)) throw error;
  }
}

async function finish() {
  const all = [...live];
  for (const one of all) {
    try {
      await topUp(one, 3_000);
      await one.job.close();
    } catch (error) {
      if (!ENDED.has(error.code)) throw error;
    }
  }
  await Promise.all(all.map((one) => one.ended));
}

process.on('disconnect', () => process.exit());
init({ scheduler: url });
await reattach();
if (mode === 'finish') {
  await finish();
  process.exit(0);
}
for (;;) {
  if (live.length < JOBS) await deploy();
  if (live.length > 0) await act(live[integer(0, live.length - 1)]);
  await faultDuration(60 + random() * 100);
}
