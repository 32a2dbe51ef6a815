import { expect, test } from 'vitest';
import { ACTIVE_WORKER_MS } from '../../protocol/limits.js';
import { candidate, FakeLeaseStore } from '../../testing/worker/fake-lease-store.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { ConnectedRoster } from './connected-roster.js';
import { LeaseRegistry } from './lease-registry.js';
import { silent } from '../log/log.js';
import { Matchmaker } from './matchmaker.js';
import type { WorkerHandle } from './worker-handle.js';
import { EligibilityCache } from '../policy/choose-job.js';
import { CommitQueue } from '../commit/commit-queue.js';

const SLICE_MS = 10;

test('a worker without progress counts again as soon as it reports progress', async () => {
  const clock = new VirtualClock();
  const workers = new Map<string, WorkerHandle>();
  const eligibility = new EligibilityCache();
  const leases: LeaseRegistry = new LeaseRegistry((holder) => roster.touch(holder));
  const commitQueue = new CommitQueue({
    store: new FakeLeaseStore(),
    clock,
    defer: (fn) => void clock.after(0, fn),
    log: silent,
    onCommitted: () => undefined,
  });
  const matchmaker = new Matchmaker({
    commitQueue,
    leases,
    eligibility,
    clock,
    random: new SeededRandom(1),
    log: silent,
  });
  const roster = new ConnectedRoster(clock, workers, matchmaker, leases, eligibility);
  const workerId = 'a'.padEnd(22, '0');
  const worktimes = [{ name: 'map-basic', version: '1.0.0' }];
  const description = { workerId, worktimes, sandboxHost: 'thread' as const, sandboxes: 1 };
  const worker: WorkerHandle = { workerId, description, send: () => undefined };
  workers.set(workerId, worker);
  const job = candidate({});
  const isThere = (): boolean => roster.hasBetterWorker(job, [], 0, true);
  expect(isThere()).toBe(false);
  leases.add(
    worker,
    { leaseId: 'l', next: 1, attempt: 1, last: 100, job, sliceMs: SLICE_MS },
    clock.monotonicMs(),
  );
  expect(isThere()).toBe(true);
  await clock.advance(2 * ACTIVE_WORKER_MS);
  expect(isThere()).toBe(false);
  leases.progress('l', 2, 99, clock.monotonicMs());
  expect(isThere()).toBe(true);
  matchmaker.close();
});
