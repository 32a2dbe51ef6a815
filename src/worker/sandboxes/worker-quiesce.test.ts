/**
 * A worker's sandboxes between slices: asked to quiesce, monitored while they are quiesced, and ended if they are not.
 */
import { describe, expect, it } from 'vitest';
import {
  jobId,
  OWNER,
  createWorkerFixture,
  trackFixtures,
  runJobToCompletion,
} from '../../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../../testing/worker/worker-fixture.js';
import { QUIESCE_MS_MAX } from './quiesce-monitor.js';

const JOB = jobId('one');
const OTHER = jobId('two');
const MINUTE = 60_000;

const keep = trackFixtures();
/** A worker whose sandboxes confirm that they have quiesced while `answers()`; `rests` counts the confirmations. */
async function begin(answers: () => boolean): Promise<WorkerFixture & { rests: () => number }> {
  let rests = 0;
  const made = createWorkerFixture({
    slice: (_n, datum) => ({ kind: 'value', value: datum, ms: 5 }),
    post: (message) => {
      if ((message as { type: string }).type !== 'quiesced') return [message];
      rests++;
      return answers() ? [message] : [];
    },
  });
  keep(made);
  await made.worker.start();
  return { ...made, rests: () => rests };
}
describe('a sandbox without work', () => {
  it('is quiesced, in its slot and while it is kept idle, and is asked again at intervals', async () => {
    const s = await begin(() => true);
    await runJobToCompletion(s, JOB);
    const before = s.rests();
    await s.clock.advance(10);
    expect(s.rests()).toBe(before + 1);
    await runJobToCompletion(s, OTHER);
    await s.clock.advance(MINUTE);
    expect(s.host.alive).toBe(2);
    expect(s.rests()).toBeGreaterThan(60);
    expect(s.rests()).toBeLessThan(150);
    await runJobToCompletion(s, JOB);
    expect(s.host.assignments).toHaveLength(2);
  });

  it('is reported as idle after a moment, and as ready when it gets slices again', async () => {
    const s = await begin(() => true);
    const state = (): string => s.worker.status.sandboxes[0]!.state;
    await runJobToCompletion(s, JOB);
    expect(state()).toBe('ready');
    await s.clock.advance(1_000);
    expect(state()).toBe('idle');
    await runJobToCompletion(s, JOB);
    const states = s.events.filter(({ name }) => name === 'sandbox').map(({ payload }) => payload);
    expect(states.map((one) => (one as { state: string }).state)).toEqual([
      'opening',
      'ready',
      'idle',
      'ready',
    ]);
  });

  it('is ended without a charge if it does not answer, and the job starts in another', async () => {
    let answers = true;
    const s = await begin(() => answers);
    await runJobToCompletion(s, JOB);
    await s.clock.advance(10);
    answers = false;
    await s.clock.advance(MINUTE);
    expect(s.host.alive).toBe(0);
    expect(s.scheduler.losses).toEqual([]);
    expect(s.names()).toContain('warning');
    answers = true;
    await runJobToCompletion(s, JOB);
    expect(s.host.assignments).toHaveLength(2);
  });

  it('gets the time to answer once more after its machine was suspended', async () => {
    const s = await begin(() => false);
    await runJobToCompletion(s, JOB);
    await s.clock.advance(10);
    const real = s.clock.monotonicMs.bind(s.clock);
    s.clock.monotonicMs = () => real() + MINUTE;
    await s.clock.advance(QUIESCE_MS_MAX + 10);
    expect(s.host.alive).toBe(1);
    await s.clock.advance(QUIESCE_MS_MAX);
    expect(s.host.alive).toBe(0);
  });

  it('is quiesced too if another job gets its slot after its last slice', async () => {
    const s = await begin(() => true);
    for (const id of [JOB, OTHER]) await s.scheduler.addJob({ jobId: id, owner: OWNER, total: 1 });
    await s.clock.runUntil(() => [JOB, OTHER].every((id) => s.scheduler.isComplete(id)));
    await s.clock.advance(10);
    expect([s.host.alive, s.rests()]).toEqual([2, 2]);
  });

  it('is ended if it does not answer, also while other sandboxes work', async () => {
    const s = await begin(() => false);
    await runJobToCompletion(s, JOB);
    await runJobToCompletion(s, OTHER);
    expect(s.host.alive).toBe(2);
    await s.clock.advance(QUIESCE_MS_MAX + 10);
    expect(s.host.alive).toBe(0);
  });
});

it('a sandbox that confirms that it has quiesced without being asked is ended', async () => {
  const made = createWorkerFixture({
    slice: (_n, datum) => ({ kind: 'value', value: datum, ms: 5 }),
    post: (message) => [message, { type: 'quiesced', nonce: 'guessed' }],
  });
  keep(made);
  await made.worker.start();
  await made.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1 });
  await made.clock.runUntil(() => made.host.started > 1);
});
