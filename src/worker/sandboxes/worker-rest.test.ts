/**
 * A worker's sandboxes between slices: told to rest, looked after while they do, and ended where they do not.
 */
import { describe, expect, it } from 'vitest';
import { jobId, OWNER, stage, stageKeeper, workOff } from '../../testing/worker/worker-stage.js';
import type { Stage } from '../../testing/worker/worker-stage.js';
import { REST_MS_MAX } from './quiesce.js';

const JOB = jobId('one');
const OTHER = jobId('two');
const MINUTE = 60_000;

const keep = stageKeeper();
/** A worker whose sandboxes say that they rest while `answers()`; `rests` counts those answers. */
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
  it('rests, at its place and beside it, and is asked now and then whether it still can answer', async () => {
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

  it('is shown as idle after a moment, and as at work when more of its job comes', async () => {
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

  it('that does not answer is ended, uncharged, and the job starts in another', async () => {
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

  it('that was asleep with its machine gets the time to answer once more', async () => {
    const s = await begin(() => false);
    await workOff(s, JOB);
    await s.clock.advance(10);
    const real = s.clock.monotonicMs.bind(s.clock);
    s.clock.monotonicMs = () => real() + MINUTE;
    await s.clock.advance(REST_MS_MAX + 10);
    expect(s.host.alive).toBe(1);
    await s.clock.advance(REST_MS_MAX);
    expect(s.host.alive).toBe(0);
  });

  it('rests also where its place goes to another job with its last slice', async () => {
    const s = await begin(() => true);
    for (const id of [JOB, OTHER]) s.scheduler.addJob({ jobId: id, owner: OWNER, total: 4, sliceMs: 5 });
    await s.clock.runUntil(() => [JOB, OTHER].every((id) => s.scheduler.isComplete(id)));
    await s.clock.advance(10);
    expect([s.host.alive, s.rests()]).toEqual([2, 2]);
  });

  it('beside others at work that does not answer is ended as well', async () => {
    const s = await begin(() => false);
    await workOff(s, JOB);
    await workOff(s, OTHER);
    expect(s.host.alive).toBe(2);
    await s.clock.advance(REST_MS_MAX + 10);
    expect(s.host.alive).toBe(0);
  });
});

it('a sandbox that says that it rests without being asked is ended', async () => {
  const made = stage({
    slice: (_n, datum) => ({ kind: 'value', value: datum, ms: 5 }),
    post: (message) => [message, { type: 'quiesced', nonce: 'guessed' }],
  });
  keep(made);
  await made.worker.start();
  made.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1 });
  await made.clock.runUntil(() => made.host.started > 1);
});
