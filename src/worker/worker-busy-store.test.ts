/**
 * A worker whose scheduler cannot store anything for a while.
 * @module
 */
import { expect, it } from 'vitest';
import { jobId, OWNER, createWorkerFixture, trackFixtures } from '../testing/worker/worker-fixture.js';

const JOB = jobId('squares');
const on = trackFixtures();

it('a worker keeps its outcomes, computes each slice once, and reports them when the store accepts them', async () => {
  const { clock, scheduler, worker, host, events } = on(createWorkerFixture());
  await worker.start();
  scheduler.tap.busyRequests.add('lease.report').add('lease.release');
  await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 20 });
  await clock.advance(60_000);
  expect(scheduler.releases).toEqual([]);
  const said = events.filter(({ name }) => name === 'warning');
  expect(said).toMatchObject([{ payload: { error: { code: 'STORE_BUSY' } } }]);
  scheduler.tap.busyRequests.clear();
  await clock.runUntil(() => scheduler.isComplete(JOB));
  expect(await scheduler.values(JOB)).toEqual(Array.from({ length: 20 }, (_, i) => (i + 1) ** 2));
  expect([...host.runs.values()].every((runs) => runs === 1)).toBe(true);
});
