/**
 * CPU that the store takes for a slice of a long job, at its beginning and at its end: it must not grow with what the job
 * has behind it. Each slice is reported alone, and a follower reads each row of the journal; SQLite, every commit
 * on disk. `node bench/long-job.mjs [slices]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../dist/lib/clock.js';
import { newId } from '../dist/lib/crypto/ids.js';
import { systemRandom } from '../dist/lib/crypto/random.js';
import { SegmentWriter } from '../dist/protocol/segment/segment.js';
import { openSqliteStore } from '../dist/scheduler/store/sqlite/sqlite.js';

const SLICES = Number(process.argv[2] ?? 200_000);
const EARLY = SLICES / 10;
/** Number of slices before each point over which CPU time is measured. */
const WINDOW = SLICES / 20;
const WORKERS = 32;
const OWNER = `0x${'a'.repeat(40)}`;

const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-long-job-'));
const store = openSqliteStore({ dataDir, clock: systemClock, random: systemRandom });

async function commit(commands) {
  const { outcomes } = await store.commit(commands);
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  });
}

const jobId = newId(systemRandom);
await commit([
  {
    name: 'deploy',
    jobId,
    owner: OWNER,
    package: new Uint8Array([1]),
    digest: '0'.repeat(64),
    worktime: { name: 'map-basic', range: '*' },
    groups: [{ key: 'public' }],
    minimumPrice: 0n,
  },
  {
    name: 'append',
    jobId,
    owner: OWNER,
    appendId: newId(systemRandom),
    input: { kind: 'range', start: 1, step: 1, count: 2 * SLICES },
  },
]);

const workers = Array.from({ length: WORKERS }, () => ({
  workerId: newId(systemRandom),
  worktimes: [{ name: 'map-basic', version: '1.0.0' }],
  sandboxHost: 'thread',
  sandboxes: 1,
}));
const one = new SegmentWriter();
one.appendValue(1);
const segment = one.finish();
let cursor = 0;
let done = 0;

/** The unreported slices of each worker's lease. */
const held = new Map();

/** Each worker reports one slice, and requests a lease where it has none; then new journal rows are read. */
async function round() {
  const idle = workers.filter(({ workerId }) => !held.has(workerId));
  const granted = await commit(
    idle.map((worker) => ({ name: 'grantLease', leaseId: newId(systemRandom), worker, warmState: {} })),
  );
  granted.forEach((grant, i) => {
    if (grant !== null) held.set(idle[i].workerId, grant.lease);
  });
  const reports = [...held].map(([workerId, { leaseId, first }]) => ({
    name: 'report',
    leaseId,
    workerId,
    first,
    count: 1,
    computeMs: 1,
    segment,
  }));
  await commit(reports);
  for (const [workerId, lease] of held) {
    lease.first += 1;
    lease.count -= 1;
    if (lease.count === 0) held.delete(workerId);
  }
  done += reports.length;
  for (;;) {
    const { rows, atEnd } = await store.journal(jobId, cursor, 1_000_000);
    cursor = rows.at(-1)?.seq ?? cursor;
    if (atEnd) break;
  }
}

/** CPU time of the last slices before `slices` are done, microseconds per slice. */
async function cpuBefore(slices) {
  while (done < slices - WINDOW) await round();
  const from = done;
  const before = process.cpuUsage();
  while (done < slices) await round();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (done - from);
}

const early = await cpuBefore(EARLY);
const late = await cpuBefore(SLICES);
await store.close();
await rm(dataDir, { recursive: true });
console.log(`after ${EARLY} slices  ${early.toFixed(0)} µs of CPU a slice`);
console.log(`after ${SLICES} slices ${late.toFixed(0)} µs of CPU a slice`);
console.log(`ratio ${(late / early).toFixed(2)}`);
