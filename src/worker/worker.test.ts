import { afterEach, describe, expect, it } from 'vitest';
import { jobId, OWNER, stage } from '../testing/worker-stage.js';
import type { Stage } from '../testing/worker-stage.js';

const JOB = jobId('squares');

function squares(n: number): number[] {
  return Array.from({ length: n }, (_, i) => (i + 1) ** 2);
}

let open: Stage | undefined;
function on(made: Stage): Stage {
  open = made;
  return made;
}
afterEach(() => {
  expect(open?.scheduler.violations ?? []).toEqual([]);
  open = undefined;
});

describe('a worker', () => {
  it('works a job from its first lease to its last', async () => {
    const { clock, scheduler, worker, host, names } = on(stage());
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 95, sliceMs: 1 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.values(JOB)).toEqual(squares(95));
    expect([...host.runs.values()].every((runs) => runs === 1)).toBe(true);
    expect(host.started).toBe(1);
    expect(worker.status.slices).toBe(95);
    await clock.runUntil(worker.stop());
    expect(worker.state).toBe('stopped');
    expect(host.alive).toBe(0);
    expect(names().filter((n) => ['start', 'job', 'stop'].includes(n))).toEqual(['start', 'job', 'stop']);
  });
});
