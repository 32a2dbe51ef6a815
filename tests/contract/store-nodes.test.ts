/**
 * Two nodes on one store: what one of them decides about leases after its restart, its outage or a disconnection does not
 * reach the leases of workers that are connected to the other one.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LEASE_GRACE_MS, LEASE_MS } from '../../src/protocol/limits.js';
import type { Lease, WorkerDescription } from '../../src/protocol/messages/messages.js';
import type { Store } from '../../src/scheduler/store/port/store.js';
import { openSqliteStore } from '../../src/scheduler/store/sqlite/sqlite.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import {
  appendTo,
  deployJob,
  leaseFor,
  ManualClock,
  perform,
  rangeInput,
  workerDescription,
} from './store-commands.js';

interface Leased {
  worker: WorkerDescription;
  lease: Lease;
}

let dataDir: string;
let clock: ManualClock;
let random: SeededRandom;
let [north, south]: Store[] = [];
/** Workers with a lease each, connected to one node. */
let inNorth: Leased;
let inSouth: Leased;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-nodes-'));
  clock = new ManualClock();
  random = new SeededRandom(9);
  north = openSqliteStore({ dataDir, clock, random, nodeId: 'north' });
  south = openSqliteStore({ dataDir, clock, random, nodeId: 'south' });
  await appendTo(north, random, await deployJob(north, random), rangeInput(100));
  inNorth = await leasedFrom(north);
  inSouth = await leasedFrom(south);
});
afterEach(async () => {
  expect(await north!.check()).toEqual([]);
  await north!.close();
  await south!.close();
  await rm(dataDir, { recursive: true });
});

async function leasedFrom(store: Store): Promise<Leased> {
  const worker = workerDescription(random);
  return { worker, lease: (await leaseFor(store, random, worker))! };
}

/** Ends all leases past their deadline; resolves with the workers that still have theirs. */
async function holdersAfterExpiry(store: Store): Promise<Leased[]> {
  await perform(store, 'expireLeases', {});
  const held: Leased[] = [];
  for (const one of [inNorth, inSouth]) {
    const { workerId } = one.worker;
    const { expired } = await perform(store, 'renewLeases', { workerId, leaseIds: [one.lease.leaseId] });
    if (expired.length === 0) held.push(one);
  }
  return held;
}

it('a node that restarts extends the deadlines of its own workers only', async () => {
  clock.nowMs += LEASE_MS - 1;
  await perform(north!, 'extendLeasesAfterRestart', {});
  clock.nowMs += 2;
  expect(await holdersAfterExpiry(north!)).toEqual([inNorth]);
});

it('a node whose commits failed for long extends the deadlines of its own workers only', async () => {
  clock.nowMs += LEASE_MS - 1;
  await perform(south!, 'resumeAfterOutage', { extendDeadlines: true });
  clock.nowMs += 2;
  expect(await holdersAfterExpiry(north!)).toEqual([inSouth]);
});

it('a worker that has connected to another node keeps its leases when the first node notices the disconnection later', async () => {
  const { workerId } = inNorth.worker;
  const { leases } = await perform(south!, 'reattachLeases', { workerId });
  expect(leases.map(({ leaseId }) => leaseId)).toEqual([inNorth.lease.leaseId]);
  await perform(north!, 'shortenLeases', { workerId });
  clock.nowMs += LEASE_GRACE_MS + 1;
  expect(await holdersAfterExpiry(north!)).toEqual([inNorth, inSouth]);
});

it('a worker that is disconnected and connects nowhere loses its leases after the grace time', async () => {
  await perform(north!, 'shortenLeases', { workerId: inNorth.worker.workerId });
  clock.nowMs += LEASE_GRACE_MS + 1;
  expect(await holdersAfterExpiry(south!)).toEqual([inSouth]);
});

it('a node that restarts extends the leases of workers that have moved to it', async () => {
  await perform(south!, 'reattachLeases', { workerId: inNorth.worker.workerId });
  clock.nowMs += LEASE_MS - 1;
  await perform(south!, 'extendLeasesAfterRestart', {});
  clock.nowMs += 2;
  expect(await holdersAfterExpiry(north!)).toEqual([inNorth, inSouth]);
});
