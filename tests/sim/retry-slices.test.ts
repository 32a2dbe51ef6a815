/**
 * The owner of a job runs failed slices again, or cancels some: real deployer, scheduler and worker under virtual time.
 * @module
 */
import { expect, it } from 'vitest';
import type { Job } from '../../src/deployer/job/job.js';
import type { SliceBehavior } from '../../src/testing/worker/fake-sandbox.js';
import { Simulation } from './simulation.js';

const BAD = 3;

/** Plays with two workers on which a slice throws while `state.broken` is true. */
async function play(
  act: (simulation: Simulation, state: { broken: boolean }) => Promise<void>,
): Promise<void> {
  const simulation = new Simulation(1, { latencyMs: [1, 5] });
  await simulation.prepare();
  const state = { broken: true };
  const slice = (_n: number, datum: unknown): SliceBehavior =>
    state.broken && (datum as number) % BAD === 0
      ? { kind: 'throw', error: new RangeError(`bad ${String(datum)}`), ms: 5 }
      : { kind: 'value', value: (datum as number) * 2, ms: 20 };
  const run = async (): Promise<void> => {
    await simulation.startScheduler();
    await simulation.startWorker({ slice }, 1);
    await simulation.startWorker({ slice }, 1);
    await act(simulation, state);
  };
  await simulation.clock.runUntil(run(), { maxMs: 3_600_000, maxTimers: 2_000_000 });
  expect(await simulation.store.check()).toEqual([]);
}

/** What a handle emits of slices, in order. */
function record(job: Job<number>): string[] {
  const seen: string[] = [];
  job.on('result', ({ sliceNumber, result }) => seen.push(`${sliceNumber}=${result}`));
  job.on('error', ({ sliceNumber, message }) => seen.push(`${sliceNumber} failed: ${message}`));
  job.on('resultsUpdated', ({ sliceNumber }) => seen.push(`${sliceNumber} updated`));
  return seen;
}

const failed = { code: 'SLICES_FAILED' };

it('a complete job runs again where its handle retries the failed slices, and completes again with all results', () =>
  play(async (simulation, state) => {
    const job = simulation.deployer('deployer').computeFor<number>([1, 2, 3, 4], '(x) => x * 2');
    const seen = record(job);
    await expect(job.exec()).rejects.toMatchObject(failed);
    expect(job.results.failures).toMatchObject([{ sliceNumber: 3 }]);
    // Without a repair it fails again, and the handle ends again.
    expect(await job.retry('failed')).toBe(1);
    await expect(job.wait()).rejects.toMatchObject(failed);
    expect(job.results.failures).toHaveLength(1);
    state.broken = false;
    expect(await job.retry([1, 3])).toBe(1);
    expect(job.status.runStatus).toBe('running');
    expect([...(await job.wait())]).toEqual([2, 4, 6, 8]);
    expect(job.results.failures).toEqual([]);
    expect(job.status).toMatchObject({ runStatus: 'finished', failed: 0, computed: 4 });
    expect(seen.filter((text) => text.startsWith('3'))).toEqual([
      '3 failed: bad 3',
      '3 failed: bad 3',
      '3 updated',
      '3=6',
      '3 updated',
    ]);
    expect(await job.retry()).toBe(0);
    expect([...(await job.wait())]).toEqual([2, 4, 6, 8]);
  }));

it('another process that attaches retries too, and a follower from the start sees only the final outcomes', () =>
  play(async (simulation, state) => {
    const job = simulation.deployer('deployer').computeFor<number>([1, 2, 3, 6], '(x) => x * 2');
    await expect(job.exec()).rejects.toMatchObject(failed);
    state.broken = false;
    const other = await simulation.deployer('other').attach<number>(job.id);
    expect(await other.retry([3, 3])).toBe(1);
    await expect(other.wait()).rejects.toMatchObject({ info: { failed: 1 } });
    expect(await other.retry()).toBe(1);
    expect([...(await other.wait())]).toEqual([2, 4, 6, 12]);
    const late = await simulation.deployer('late').attach<number>(job.id);
    const seen = record(late);
    expect([...(await late.wait())]).toEqual([2, 4, 6, 12]);
    expect(seen.filter((text) => !text.endsWith('updated')).sort()).toEqual(['1=2', '2=4', '3=6', '4=12']);
  }));

it('cancelled slices fail with a code, cost no work, and can be retried; the rest of the job completes', () =>
  play(async (simulation, state) => {
    state.broken = false;
    const deployer = simulation.deployer('deployer');
    const job = deployer.computeFor<number>({ start: 1, end: 500 }, '(x) => x * 2');
    await job.deploy();
    const status = await job.cancel('not needed', { range: { start: 11, end: 400 } });
    expect(status).toMatchObject({ runStatus: 'running', failed: 390, cancelled: 390 });
    await expect(job.wait()).rejects.toMatchObject({ code: 'SLICES_FAILED', info: { failed: 390 } });
    expect(job.results.failures[0]).toMatchObject({ sliceNumber: 11, error: { code: 'SLICE_CANCELLED' } });
    expect(await job.retry({ start: 1, end: 12 })).toBe(2);
    await expect(job.wait()).rejects.toMatchObject({ info: { failed: 388 } });
    expect(job.results[11]).toBe(24);
    await expect(job.retry([1, 2], { sigal: 1 } as never)).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
    await expect(job.retry({ start: 1, end: 9, step: 2 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  }));

it('a job that fails fast is cancelled by its first failed slice, whose error is the cause', () =>
  play(async (simulation) => {
    const job = simulation.deployer('deployer').computeFor<number>({ start: 1, end: 5_000 }, '(x) => x * 2');
    job.limits = { failFast: true, attempts: 1 };
    const error = await job.exec().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'JOB_CANCELLED', cause: { name: 'RangeError', message: 'bad 3' } });
    expect((error as Error).message).toContain('slice 3: RangeError: bad 3');
    await expect(job.retry()).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
  }));

it('a list of jobs has their tags and metadata, of one tag if it is given', () =>
  play(async (simulation) => {
    const deployer = simulation.deployer('deployer');
    const tagged = async (tags: string[], metadata = {}): Promise<string> => {
      const job = deployer.computeFor([1], '(x) => x');
      Object.assign(job, { tags, metadata });
      await job.deploy();
      await job.cancel();
      return job.id;
    };
    const first = await tagged(['a'], { run: 7n, when: new Date(5) });
    const both = await tagged(['a', 'b']);
    await tagged([]);
    const { jobs } = await deployer.compute.list({ tag: 'a' });
    expect(jobs.map(({ jobId }) => jobId)).toEqual([both, first]);
    expect(jobs[1]).toMatchObject({ tags: ['a'], metadata: { run: 7n, when: new Date(5) } });
    expect(jobs[0]).not.toHaveProperty('metadata');
    expect((await deployer.compute.list()).jobs).toHaveLength(3);
    const job = deployer.computeFor([1], '(x) => x');
    for (const tags of ['a', [''], ['x'.repeat(129)], Array(17).fill('t'), [5]])
      expect(() => Object.assign(job, { tags })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    job.metadata = { large: 'x'.repeat(9_000) };
    await expect(job.deploy()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }));
