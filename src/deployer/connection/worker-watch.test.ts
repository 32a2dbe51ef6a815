import { expect, it } from 'vitest';
import type { JobStatus } from '../../protocol/messages/messages.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { NO_WORKERS_MS, watchForWorkers } from './worker-watch.js';

const STATUS: JobStatus = {
  jobId: 'A'.repeat(22),
  runStatus: 'running',
  open: false,
  total: 10,
  leased: 0,
  accepted: 0,
  failed: 0,
  workers: 0,
  cursor: 1,
  paid: 0n,
};

async function watch(
  change: Partial<JobStatus>,
  more: { isWorthAsking?: () => boolean; end?: boolean; fails?: boolean } = {},
): Promise<number[]> {
  const clock = new VirtualClock();
  const ended = new AbortController();
  const told: number[] = [];
  const status = (): Promise<JobStatus> =>
    more.fails ? Promise.reject(new Error('no connection')) : Promise.resolve({ ...STATUS, ...change });
  watchForWorkers({
    clock,
    ended: ended.signal,
    isWorthAsking: more.isWorthAsking ?? (() => true),
    status,
    tell: (waitedMs) => told.push(waitedMs),
  });
  if (more.end) ended.abort();
  await clock.advance(10 * NO_WORKERS_MS);
  return told;
}

it('tells once that nobody is at a job that has slices', async () => {
  expect(await watch({})).toEqual([NO_WORKERS_MS]);
});

it.each<[string, Partial<JobStatus>]>([
  ['is leased', { leased: 1, workers: 1 }],
  ['has a result', { accepted: 1 }],
  ['failed in part', { failed: 1 }],
  ['has no slices yet', { total: 0, open: true }],
  ['waits for credits', { runStatus: 'paused' }],
  ['is over', { runStatus: 'finished', accepted: 10 }],
])('is silent about a job that %s', async (_what, change) => {
  expect(await watch(change)).toEqual([]);
});

it('is silent where nobody listens, after the end, and where the scheduler does not say', async () => {
  expect(await watch({}, { isWorthAsking: () => false })).toEqual([]);
  expect(await watch({}, { end: true })).toEqual([]);
  expect(await watch({}, { fails: true })).toEqual([]);
});
