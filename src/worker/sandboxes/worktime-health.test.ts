/**
 * A worktime that stops starting on a running worker: it is withdrawn, no job is charged, and it is offered again later.
 */
import { describe, expect, it } from 'vitest';
import { ManyhandsError } from '../../lib/errors.js';
import type { FakeSandboxScript } from '../../testing/worker/fake-sandbox.js';
import {
  jobId,
  OWNER,
  createWorkerFixture,
  trackFixtures,
  runJobToCompletion,
} from '../../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../../testing/worker/worker-fixture.js';
import { WORKTIMES } from '../../worktimes/registry.js';

const JOB = jobId('squares');
const OTHER = jobId('other');
const MINUTE = 60_000;
const PYTHON = { worktime: { name: 'pyodide', range: '*' } };
/** All worktimes but Python's. */
const OTHERS = WORKTIMES.map(({ name }) => name).filter((name) => name !== PYTHON.worktime.name);

const keep = trackFixtures();

/** Whether Python's files can be loaded, and whether it starts with them; tests change these. */
function on(
  state: { hasFiles: boolean; starts: boolean },
  script: Partial<FakeSandboxScript> = {},
): WorkerFixture {
  const worktimeFiles = () => async () => {
    if (!state.hasFiles) throw new ManyhandsError('BLOB_UNKNOWN', 'The scheduler has no such file.');
    return {};
  };
  const assign = (): 'assigned' | 'refuse' => (state.starts ? 'assigned' : 'refuse');
  const warms = (): boolean => state.starts;
  return keep(createWorkerFixture({ assign, warms, ...script }, { policy: 'cold' }, { worktimeFiles }));
}

const offered = ({ scheduler }: WorkerFixture): string[] =>
  scheduler.descriptions.at(-1)!.worktimes.map(({ name }) => name);
const told = ({ events }: WorkerFixture): unknown[] =>
  events.filter(({ name }) => name === 'worktime').map(({ payload }) => payload);

describe('a worktime that does not start any more', () => {
  it.each([
    ['its files are gone', { hasFiles: false, starts: true }, /has no such file/],
    ['its runtime fails', { hasFiles: true, starts: false }, /did not start/],
  ])('because %s is withdrawn, and no slice is charged for it', async (_why, state, reason) => {
    const made = on(state);
    const { worker, scheduler, clock } = made;
    await worker.start();
    expect(offered(made)).toContain('pyodide');
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 4, package: PYTHON });
    await clock.advance(20_000);
    expect(offered(made)).toEqual(OTHERS);
    expect(scheduler.losses).toEqual([]);
    expect(scheduler.releases.length).toBeGreaterThan(0);
    expect(told(made)).toEqual([
      {
        name: 'pyodide',
        version: expect.any(String) as string,
        isOffered: false,
        reason: expect.stringMatching(reason) as string,
      },
    ]);
  });

  it('is tested again at growing intervals, and offered once it starts', async () => {
    const state = { hasFiles: true, starts: false };
    const made = on(state);
    const { worker, scheduler, clock, host } = made;
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 4, package: PYTHON });
    await clock.advance(MINUTE);
    const soon = host.warmed;
    await clock.advance(60 * MINUTE);
    expect(soon).toBeGreaterThan(1);
    expect(host.warmed).toBeLessThan(soon + 10);
    expect(told(made)).toHaveLength(1);
    state.starts = true;
    await clock.advance(60 * MINUTE);
    expect(offered(made)).toContain('pyodide');
    expect(told(made)).toHaveLength(2);
    expect(told(made).at(-1)).toMatchObject({ name: 'pyodide', isOffered: true });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toEqual([]);
  });

  it('does not affect jobs of other worktimes', async () => {
    const made = on({ hasFiles: true, starts: false }, { assign: refuseFirst() });
    const { worker, scheduler, clock } = made;
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1, package: PYTHON });
    await clock.advance(1_000);
    expect(offered(made)).toEqual(OTHERS);
    await runJobToCompletion(made, OTHER);
    expect(scheduler.isComplete(JOB)).toBe(false);
  });
});

describe('a job that cannot be set up', () => {
  it('is charged if its worktime starts without it, which is tested only at intervals', async () => {
    const made = on({ hasFiles: true, starts: true }, { assign: () => 'refuse' });
    const { worker, scheduler, clock, host } = made;
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 8 });
    await scheduler.addJob({ jobId: OTHER, owner: OWNER, total: 8 });
    // No other worker could set it up.
    await clock.runUntil(() => [JOB, OTHER].every((id) => scheduler.jobs.get(id)!.runStatus === 'cancelled'));
    expect(scheduler.losses.map(({ code }) => code)).toEqual(Array(6).fill('ASSIGN_FAILED'));
    expect(host.warmed).toBe(1);
    expect(offered(made)).toContain('map-basic');
    expect(told(made)).toEqual([]);
  });
});

function refuseFirst(): () => 'assigned' | 'refuse' {
  let isFirst = true;
  return () => {
    const how = isFirst ? 'refuse' : 'assigned';
    isFirst = false;
    return how;
  };
}
