import { describe, expect, it } from 'vitest';
import {
  jobId,
  leasesHeld,
  outcomeCount,
  OWNER,
  slicesTaking,
  startedFixtures,
  type WorkerFixture,
} from '../../testing/worker/worker-fixture.js';
import { STOP_GRACE_MS } from './stop-options.js';

const JOB = jobId('squares');

const start = startedFixtures();

describe('hours of the day', () => {
  /** The hour of the day on the worker's clock. */
  const hourOf = ({ clock }: WorkerFixture): number => new Date(clock.wallMs()).getHours();

  it('pause the worker outside them, and can be changed', async () => {
    const on = await start(slicesTaking(60_000), { cores: 1 });
    const { clock, worker, names } = on;
    const hour = hourOf(on);
    worker.options.hours = `${(hour + 2) % 24}-${(hour + 3) % 24}`;
    expect(worker.paused).toEqual(['hours']);
    await clock.advance(2 * 3_600_000);
    expect(worker.paused).toEqual([]);
    await clock.advance(3_600_000);
    expect(worker.paused).toEqual(['hours']);
    worker.options.hours = undefined;
    expect(worker.paused).toEqual([]);
    expect(names().filter((name) => /pause/.test(name))).toEqual(['pause', 'unpause', 'pause', 'unpause']);
    expect(() => (worker.options.hours = '9-9')).toThrow(/hours/);
  });
});

describe('a stop that lets slices finish', () => {
  it('accepts no more work, reports the running slices however long they take, and then closes', async () => {
    const on = await start(slicesTaking(20_000), { cores: 1 });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
    await clock.runUntil(() => host.runs.size > 0);
    const stopped = worker.stop({ graceMs: 600_000 });
    await clock.advance(2 * STOP_GRACE_MS);
    expect(worker.state).toBe('stopping');
    await clock.runUntil(stopped);
    expect(outcomeCount(on, JOB)).toBeGreaterThanOrEqual(1);
    expect(outcomeCount(on, JOB)).toBeLessThan(5);
    expect(leasesHeld(on)).toBe(0);
    expect(() => worker.stop({ graceMs: -1 })).toThrow(/graceMs/);
  });
});
