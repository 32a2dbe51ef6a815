/**
 * A worker's sandboxes between slices: asked to quiesce, monitored while they are quiesced, and ended if they are not.
 */
import { describe, expect, it } from 'vitest';
import { jobId, OWNER, stage, stageKeeper, workOff } from '../../testing/worker/worker-stage.js';
import type { Stage } from '../../testing/worker/worker-stage.js';
import { QUIESCE_MS_MAX } from './quiesce-monitor.js';

const JOB = jobId('one');
const OTHER = jobId('two');
const MINUTE = 60_000;

const keep = stageKeeper();
/** A worker whose sandboxes confirm that they have quiesced while `answers()`; `rests` counts the confirmations. */
async function begin(answers: () => boolean): Promise<Stage & { rests: () => number }> {
  let rests = 0;
  const made = stage({
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
    await workOff(s, JOB);
    await s.clock.advance(10);
    expect(s.rests()).toBe(1);
    await workOff(s, OTHER);
    await s.clock.advance(MINUTE);
    expect(s.host.alive).toBe(2);
    expect(s.rests()).toBeGreaterThan(60);
    expect(s.rests()).toBeLessThan(150);
    await workOff(s, JOB);
    expect(s.host.assignments).toHaveLength(2);
  });

  it('is reported as idle after a moment, and as ready when it gets slices again', async () => {
    const s = await begin(() => true);
    const state = (): string => s.worker.status.sandboxes[0]!.state;
    await workOff(s, JOB);
    expect(state()).toBe('ready');
    await s.clock.advance(1_000);
    expect(state()).toBe('idle');
    await workOff(s, JOB);
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
    await workOff(s, JOB);
    await s.clock.advance(10);
    answers = false;
    await s.clock.advance(MINUTE);
    expect(s.host.alive).toBe(0);
    expect(s.scheduler.losses).toEqual([]);
    expect(s.names()).toContain('warning');
    answers = true;
    await workOff(s, JOB);
    expect(s.host.assignments).toHaveLength(2);
  });

  it('gets the time to answer once more after its machine was suspended', async () => {
    const s = await begin(() => false);
    await workOff(s, JOB);
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
    for (const id of [JOB, OTHER]) s.scheduler.addJob({ jobId: id, owner: OWNER, total: 4, sliceMs: 5 });
    await s.clock.runUntil(() => [JOB, OTHER].every((id) => s.scheduler.isComplete(id)));
    await s.clock.advance(10);
    expect([s.host.alive, s.rests()]).toEqual([2, 2]);
  });

  it('is ended if it does not answer, also while other sandboxes work', async () => {
    const s = await begin(() => false);
    await workOff(s, JOB);
    await workOff(s, OTHER);
    expect(s.host.alive).toBe(2);
    await s.clock.advance(QUIESCE_MS_MAX + 10);
    expect(s.host.alive).toBe(0);
  });
});

it('a sandbox that confirms that it has quiesced without being asked is ended', async () => {
  const made = stage({
    slice: (_n, datum) => ({ kind: 'value', value: datum, ms: 5 }),
    post: (message) => [message, { type: 'quiesced', nonce: 'guessed' }],
  });
  keep(made);
  await made.worker.start();
  made.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1 });
  await made.clock.runUntil(() => made.host.started > 1);
});
