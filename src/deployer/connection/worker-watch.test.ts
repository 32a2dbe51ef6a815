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
  more: { shouldCheck?: () => boolean; end?: boolean; fails?: boolean } = {},
): Promise<number[]> {
  const clock = new VirtualClock();
  const ended = new AbortController();
  const reported: number[] = [];
  const status = (): Promise<JobStatus> =>
    more.fails ? Promise.reject(new Error('no connection')) : Promise.resolve({ ...STATUS, ...change });
  watchForWorkers({
    clock,
    ended: ended.signal,
    shouldCheck: more.shouldCheck ?? (() => true),
    status,
    report: (waitedMs) => reported.push(waitedMs),
  });
  if (more.end) ended.abort();
  await clock.advance(10 * NO_WORKERS_MS);
  return reported;
}

it('the watch for workers reports once that no worker has taken a slice', async () => {
  expect(await watch({})).toEqual([NO_WORKERS_MS]);
});

it.each<[string, Partial<JobStatus>]>([
  ['is leased', { leased: 1, workers: 1 }],
  ['has a result', { accepted: 1 }],
  ['failed in part', { failed: 1 }],
  ['has no slices yet', { total: 0, open: true }],
  ['waits for credits', { runStatus: 'paused' }],
  ['is over', { runStatus: 'finished', accepted: 10 }],
])('does not report a job that %s', async (_what, change) => {
  expect(await watch(change)).toEqual([]);
});

it('the watch for workers does not report without a listener, after the end, or if the status request fails', async () => {
  expect(await watch({}, { shouldCheck: () => false })).toEqual([]);
  expect(await watch({}, { end: true })).toEqual([]);
  expect(await watch({}, { fails: true })).toEqual([]);
});
