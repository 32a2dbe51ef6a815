import { expect, test } from 'vitest';
import type { WorkerDescription } from '../../protocol/messages/messages.js';
import { candidate } from '../../testing/worker/fake-lease-store.js';
import { eligibilityOf } from './choose-job.js';
import { chooseRecall, type RecallableLease } from './choose-recall.js';

const WORKER: WorkerDescription = {
  workerId: 'w',
  worktimes: [{ name: 'map-basic', version: '1.0.0' }],
  sandboxHost: 'thread',
  sandboxes: 1,
};
const lease = (change: Partial<RecallableLease>): RecallableLease => ({
  job: candidate({}),
  next: 1,
  last: 100,
  sliceMs: 10,
  hasProgress: true,
  progressedMs: 1_000,
  recalledMs: 0,
  recalls: 0,
  ...change,
});
const choose = (leases: RecallableLease[], nowMs = 1_000) =>
  chooseRecall(leases, eligibilityOf(WORKER), nowMs);

test('the choice of a recall chooses the lease with the most time left, not with the most slices', () => {
  const many = lease({ last: 1_000, sliceMs: 0.1 });
  const long = lease({ last: 20, sliceMs: 100 });
  expect(choose([many, long])).toBe(long);
});

test.each<[string, Partial<RecallableLease>, boolean]>([
  ['only its last slice left, which is running', { next: 100 }, false],
  ['only its last slice left, which has been running for long', { next: 100, progressedMs: -9_000 }, false],
  ['a last slice that may be queued behind another lease', { next: 100, hasProgress: false }, true],
  ['too little work left', { next: 99, sliceMs: 5 }, false],
  ['a job that the worker may not run', { job: candidate({ groups: [{ key: 'lab' }] }) }, false],
])('a lease with %s is recalled: %3$s', (_, change, is) => {
  expect(choose([lease(change)]) !== undefined).toBe(is);
});

test('the choice of a recall doubles the back-off between recalls of a lease, up to two seconds', () => {
  for (const [recalls, waitMs] of [
    [1, 50],
    [2, 100],
    [3, 200],
    [50, 1_600],
  ] as const) {
    const asked = [lease({ recalls, recalledMs: 1_000 })];
    expect(choose(asked, 1_000 + waitMs - 1)).toBeUndefined();
    expect(choose(asked, 1_000 + waitMs)).toBeDefined();
  }
});
