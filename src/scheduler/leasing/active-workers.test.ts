import { expect, test } from 'vitest';
import type { WorkerDescription } from '../../protocol/messages/messages.js';
import { candidate } from '../../testing/worker/fake-lease-store.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { ActiveWorkers } from './active-workers.js';
import type { WorkerHandle } from './worker-handle.js';
import { independenceLevel, executorOf, type Executor } from '../policy/attempts.js';
import { EligibilityCache, isEligible } from '../policy/choose-job.js';

/** A worker that counts how often its description is read. */
interface Counted extends WorkerHandle {
  reads: number;
}

function worker(name: string, extra: Partial<WorkerDescription> = {}): Counted {
  const workerId = name.padEnd(22, '0');
  const worktimes = [{ name: 'map-basic', version: '1.0.0' }];
  const description = { workerId, worktimes, sandboxHost: 'thread' as const, sandboxes: 4, ...extra };
  return {
    workerId,
    reads: 0,
    send: () => undefined,
    get description() {
      this.reads += 1;
      return description;
    },
  };
}

const active = new Set<WorkerHandle>();
function workersOf(...group: Counted[]): ActiveWorkers {
  active.clear();
  const workers = new ActiveWorkers(new EligibilityCache(), (one) => active.has(one));
  for (const one of group) {
    workers.add(one);
    active.add(one);
    one.reads = 0;
  }
  return workers;
}
const workersLike = (size: number, extra: (i: number) => Partial<WorkerDescription>): Counted[] =>
  Array.from({ length: size }, (_, i) => worker(`w${i}`, extra(i)));
const readsOf = (group: readonly Counted[]): number => group.reduce((sum, { reads }) => sum + reads, 0);
const job = candidate({});

test.each<[string, (i: number) => Partial<WorkerDescription>, number]>([
  ['may not run the job', () => ({ groups: [{ key: 'lab' }] }), 0],
  ['all have the payee of the one that failed', () => ({ paymentAddress: `0x${'1'.repeat(40)}` }), 1],
  ['run the same engine as the ones that failed', () => ({}), 2],
])('a thousand workers that %s are not visited one by one', (_, extra, level) => {
  const group = workersLike(1_000, extra);
  const workers = workersOf(...group);
  const tried = [executorOf(group[0]!.description)];
  group[0]!.reads = 0;
  expect(workers.hasBetterWorker(job, tried, level)).toBe(false);
  expect(readsOf(group)).toBeLessThan(10);
});

test('the terms of a description are digested only by a search, not by the updates before it', () => {
  let digests = 0;
  const groups = [{ key: 'public', toJSON: () => (digests += 1) }];
  const workers = new ActiveWorkers(new EligibilityCache(), () => true);
  const updated = { workerId: 'a', send: () => undefined, description: worker('a', { groups }).description };
  for (let update = 0; update < 100; update++) {
    updated.description = { ...updated.description };
    workers.add(updated);
  }
  expect(digests).toBe(0);
  expect(workers.hasBetterWorker(job, [], 0)).toBe(true);
  expect(digests).toBe(1);
});

test('the index of active workers workers that are no longer active are visited once', () => {
  const group = workersLike(1_000, () => ({}));
  const workers = workersOf(...group);
  active.clear();
  expect(workers.hasBetterWorker(job, [], 0)).toBe(false);
  for (const one of group) one.reads = 0;
  expect(workers.hasBetterWorker(job, [], 0)).toBe(false);
  expect(readsOf(group)).toBe(0);
});

test('the index of active workers finds a more independent worker exactly when a search of all workers does', () => {
  const random = new SeededRandom(7);
  const below = (n: number): number => random.bytes(1)[0]! % n;
  const isolations = ['thread', 'deno', 'browser'] as const;
  let better = 0;
  for (let round = 0; round < 2_000; round++) {
    const group = workersLike(1 + below(6), () => ({
      sandboxHost: isolations[below(3)]!,
      groups: [{ key: below(2) === 0 ? 'public' : 'lab' }],
      ...(below(2) === 0 && { paymentAddress: `0x${String(below(2)).repeat(40)}` as const }),
    }));
    const workers = workersOf(...group);
    for (const one of group) if (below(3) === 0) active.delete(one);
    const tried: Executor[] = group.filter(() => below(3) === 0).map((one) => executorOf(one.description));
    for (let level = 0; level < 4; level++) {
      const expected = group.some(
        (one) =>
          active.has(one) &&
          independenceLevel(executorOf(one.description), tried) > level &&
          isEligible(job, one.description),
      );
      expect(workers.hasBetterWorker(job, tried, level)).toBe(expected);
      if (expected) better += 1;
    }
  }
  expect(better).toBeGreaterThan(500);
});

test('the index of active workers uses the description that a worker was last added with', () => {
  let groups = [{ key: 'lab' }];
  const base = worker('a').description;
  const changing: WorkerHandle = {
    workerId: base.workerId,
    send: () => undefined,
    get description() {
      return descriptions.get(groups)!;
    },
  };
  const descriptions = new Map([[groups, { ...base, groups }]]);
  const workers = new ActiveWorkers(new EligibilityCache(), () => true);
  workers.add(changing);
  expect(workers.hasBetterWorker(job, [], 0)).toBe(false);
  groups = [{ key: 'public' }];
  descriptions.set(groups, { ...base, groups });
  workers.add(changing);
  expect(workers.hasBetterWorker(job, [], 0)).toBe(true);
  workers.delete(changing);
  expect(workers.hasBetterWorker(job, [], 0)).toBe(false);
});
