/**
 * A slice whose worker is killed goes on from its last checkpoint on another worker, also when the scheduler was killed
 * in between.
 * @module
 */
import { expect, it } from 'vitest';
import { Simulation } from './simulation.js';

const STEPS = 100;
const STEP_MS = 2_000;

it('a long slice ends although each of its workers is killed in the middle of it', async () => {
  const simulation = new Simulation(4, { latencyMs: [1, 5] });
  await simulation.prepare();
  const { clock } = simulation;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const slice = () => ({ kind: 'steps' as const, value: 'done', steps: STEPS, stepMs: STEP_MS });
  const play = async (): Promise<void> => {
    await simulation.startScheduler();
    const job = simulation.deployer('deployer').computeFor([1], '(x) => x');
    // The check of its names is loaded in real time, so it is deployed before virtual time is counted.
    await job.deploy();
    // Losses charge attempts: without checkpoints the slice would fail before it ends.
    const results = job.wait();
    for (let life = 1; ; life++) {
      const { host, kill } = await simulation.startWorker({ slice }, 1);
      await pause(60_000);
      if (life === 2) {
        simulation.killScheduler();
        await simulation.startScheduler();
      }
      if (life > 1) expect(host.restored[0]?.step).toBeGreaterThan((life - 1) * 20);
      if (life === 3) break;
      kill();
      // The lease of a killed worker ends after a while.
      await pause(200_000);
    }
    expect([...(await results)]).toEqual(['done']);
  };
  await clock.runUntil(play(), { maxMs: 7_200_000, maxTimers: 2_000_000 });
  expect(await simulation.store.check()).toEqual([]);
});
