/**
 * Jobs of one slice whose work function does not load, or is slow to: the slice stays with the sandbox that starts for it,
 * though others are idle, so that each failure counts and the job comes to its end.
 * @module
 */
import { expect, it } from 'vitest';
import { isError } from '../../src/lib/errors.js';
import { World } from './world.js';

const JOBS = 5;
const LOAD_MS = 2_000;

/** Runs jobs of one slice on four idle sandboxes of two workers; answers with each one's end and the sandboxes it took. */
async function play(assign: () => 'assigned' | 'refuse'): Promise<{ ends: string[]; opened: number }> {
  const world = new World(7, { latencyMs: [0.2, 1] });
  await world.prepare();
  let opened = 0;
  const ends: string[] = [];
  const run = async (): Promise<void> => {
    await world.startScheduler();
    for (let i = 0; i < 2; i++) {
      const script = {
        slice: () => ({ kind: 'value' as const, value: 1 }),
        assign: () => (opened++, assign()),
        assignMs: LOAD_MS,
      };
      await world.hire(script, 2);
    }
    await new Promise<void>((resolve) => void world.clock.after(1_000, resolve));
    const deployer = world.deployer('deployer');
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
  await world.clock.runUntil(run(), { maxMs: 600_000, maxTimers: 1_000_000 });
  return { ends, opened };
}

it('cancels a job of one slice that does not load after three sandboxes', async () => {
  const { ends, opened } = await play(() => 'refuse');
  expect(ends).toEqual(Array.from({ length: JOBS }, () => 'JOB_CANCELLED'));
  expect(opened).toBe(3 * JOBS);
});

it('starts one sandbox for a job of one slice that is slow to load', async () => {
  const { ends, opened } = await play(() => 'assigned');
  expect(ends).toEqual(Array.from({ length: JOBS }, () => 'finished'));
  expect(opened).toBe(JOBS);
});
