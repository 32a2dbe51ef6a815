import { expect, test } from 'vitest';
import { BUSY_WAIT_MS } from '../../protocol/limits.js';
import { candidate, FakeLender } from '../../testing/worker/fake-lender.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { ConnectedRoster } from './connected-roster.js';
import { HeldLeases } from './lease-registry.js';
import { silent } from '../log/log.js';
import { Market, type Customer } from './matchmaker.js';
import { Eligibility } from '../policy/choose-job.js';
import { Tick } from '../commit/commit-queue.js';

const SLICE_MS = 10;

test('a worker that was silent with its lease is counted on again as soon as it gets on', async () => {
  const clock = new VirtualClock();
  const workers = new Map<string, Customer>();
  const eligibility = new Eligibility();
  const leases: HeldLeases = new HeldLeases((holder) => roster.touch(holder));
  const tick = new Tick({
    store: new FakeLender(),
    clock,
    defer: (fn) => void clock.after(0, fn),
    log: silent,
    onNotes: () => undefined,
  });
  const market = new Market({ tick, leases, eligibility, clock, random: new SeededRandom(1), log: silent });
  const roster = new ConnectedRoster(clock, workers, market, leases, eligibility);
  const workerId = 'a'.padEnd(22, '0');
  const worktimes = [{ name: 'map-basic', version: '1.0.0' }];
  const description = { workerId, worktimes, isolation: 'thread' as const, sandboxes: 1 };
  const worker: Customer = { workerId, description, send: () => undefined };
  workers.set(workerId, worker);
  const job = candidate({});
  const isThere = (): boolean => roster.hasBetter(job, [], 0, true);
  expect(isThere()).toBe(false);
  leases.add(
    worker,
    { leaseId: 'l', next: 1, attempt: 1, last: 100, job, sliceMs: SLICE_MS },
    clock.monotonicMs(),
  );
  expect(isThere()).toBe(true);
  await clock.advance(2 * BUSY_WAIT_MS);
  expect(isThere()).toBe(false);
  leases.progress('l', 2, 99, clock.monotonicMs());
  expect(isThere()).toBe(true);
  market.close();
});
