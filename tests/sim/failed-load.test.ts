/**
 * Jobs of one slice whose work function does not load, or loads slowly: the slice stays with the sandbox that was started for
 * it, although others are idle, so that each failure is counted and the job ends.
 * @module
 */
import { expect, it } from 'vitest';
import { isError } from '../../src/lib/errors.js';
import { Simulation } from './simulation.js';

const JOBS = 5;
const LOAD_MS = 2_000;

/** Runs jobs of one slice on four idle sandboxes of two workers; returns the end of each and the number of started sandboxes. */
async function play(assign: () => 'assigned' | 'refuse'): Promise<{ ends: string[]; opened: number }> {
  const simulation = new Simulation(7, { latencyMs: [0.2, 1] });
  await simulation.prepare();
  let opened = 0;
  const ends: string[] = [];
  const run = async (): Promise<void> => {
    await simulation.startScheduler();
    for (let i = 0; i < 2; i++) {
      const script = {
        slice: () => ({ kind: 'value' as const, value: 1 }),
        assign: () => (opened++, assign()),
        assignMs: LOAD_MS,
      };
      await simulation.startWorker(script, 2);
    }
    await new Promise<void>((resolve) => void simulation.clock.after(1_000, resolve));
    const deployer = simulation.deployer('deployer');
    for (let i = 0; i < JOBS; i++) {
      const end = await deployer
        .computeFor([1], '(x) => x')
        .exec()
        .then(
          () => 'finished',
          (error: unknown) => (isError(error) ? error.code : String(error)),
        );
      ends.push(end);
    }
  };
  await simulation.clock.runUntil(run(), { maxMs: 600_000, maxTimers: 1_000_000 });
  return { ends, opened };
}

it('a job of one slice that does not load is cancelled after three sandboxes', async () => {
  const { ends, opened } = await play(() => 'refuse');
  expect(ends).toEqual(Array.from({ length: JOBS }, () => 'JOB_CANCELLED'));
  expect(opened).toBe(3 * JOBS);
});

it('a job of one slice that is slow to load starts only one sandbox', async () => {
  const { ends, opened } = await play(() => 'assigned');
  expect(ends).toEqual(Array.from({ length: JOBS }, () => 'finished'));
  expect(opened).toBe(JOBS);
});
