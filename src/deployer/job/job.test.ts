import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import {
  createDeployerFixture,
  acceleratedClock,
  waitUntil,
} from '../../testing/deployer/deployer-fixture.js';
import { DistributionRange } from '../../protocol/input/distribution-range.js';
import { groupAddress } from '../../wallet/group-proof.js';
import { hashSecret } from '../../wallet/group-credential.js';
import type { NoWorkersEvent, ResultEvent } from './job-events.js';

const CREDIT = 10n ** 9n;

describe('a job', () => {
  it('deploys, uploads its input and resolves with every result at its position', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: (datum as number) * 10 });
    scheduler.slicesPerRow = 2;
    const job = deployer.computeFor([1, 2, 3, 4, 5], (x: number) => x * 10);
    const states: string[] = [];
    const seen: string[] = [];
    job.on('readyStateChange' as 'readystatechange', (state) => states.push(state));
    job.on('accepted', ({ id }) => seen.push(`accepted ${id === job.id}`));
    job.on('result', (e: ResultEvent<number>) => seen.push(`${e.sliceNumber}:${e.result} ${e.job === job}`));
    job.on('complete', (results) => seen.push(`complete ${results.length}`));
    expect(job.id).toMatch(/^[\w-]{22}$/);
    const results = await job.exec();
    expect([...results]).toEqual([10, 20, 30, 40, 50]);
    expect(Array.isArray(results)).toBe(true);
    expect(states).toEqual(['exec', 'init', 'preauth', 'deploying', 'uploading', 'deployed']);
    expect(seen).toEqual([
      'accepted true',
      '1:10 true',
      '2:20 true',
      '3:30 true',
      '4:40 true',
      '5:50 true',
      'complete 5',
    ]);
    expect(job.status).toMatchObject({ runStatus: 'finished', total: 5, distributed: 5, computed: 5 });
    expect(job.results).toBe(results);
  });

  it('reports that no worker has taken a slice', async () => {
    const { deployer } = createDeployerFixture({ clock: acceleratedClock(100) });
    const job = deployer.computeFor([1, 2, 3], (x: number) => x);
    const emitted = new Promise<NoWorkersEvent<unknown>>((resolve) => job.on('noworkers', resolve));
    await job.deploy();
    const event = await emitted;
    expect(event.job).toBe(job);
    expect(event.message).toMatch(/No worker has taken a slice yet/);
    await job.cancel();
  });

  it('prints once for all jobs that no worker has taken a slice, if there is no listener', async () => {
    const { deployer, warnings } = createDeployerFixture({ clock: acceleratedClock(1_000) });
    const jobs = [1, 2].map((n) => deployer.computeFor([n], (x: number) => x));
    for (const job of jobs) void job.exec().catch(() => undefined);
    await waitUntil(() => warnings.length > 0);
    const listened = deployer.computeFor([3], (x: number) => x);
    const emitted = new Promise((resolve) => listened.on('noworkers', resolve));
    void listened.exec().catch(() => undefined);
    await emitted;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^manyhands: job [\w-]{22}: No worker has taken a slice yet/);
    for (const job of [...jobs, listened]) await job.cancel();
  });

  it('sends a range as its description, not as values', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.compute.for(1, 1_000_000_000, (x: number) => x);
    const states: string[] = [];
    job.on('readystatechange', (state) => states.push(state));
    await job.deploy();
    await waitUntil(() => scheduler.isFilled);
    expect(scheduler.inputs).toEqual([{ kind: 'range', start: 1, step: 1, count: 1_000_000_000 }]);
    expect(states).not.toContain('uploading');
  });

  it('sends combinations and distributions of a thousand million slices as descriptions, also to an open job', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const thousand = { start: 1, end: 1_000 };
    const job = deployer.computeFor({ ranges: [thousand, thousand, thousand] }, ([x]) => x);
    job.autoClose = false;
    await job.deploy();
    const seven = new DistributionRange({ length: 1e9, dist: 'random', params: [0, 1], seed: 7 });
    await job.addSlices(seven);
    await job.addSlices({ sparse: [thousand, thousand] });
    expect(scheduler.inputs).toMatchObject([
      { kind: 'multi-range', count: 1e9 },
      { kind: 'distribution', name: 'random', seed: 7, count: 1e9 },
      { kind: 'sparse-range', count: 2_000 },
    ]);
    await job.cancel();
  });

  it('ships its settings in the package', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number, k: number) => x * k, [7]);
    job.public = { name: 'squares', description: 'of numbers', link: 'https://example.org/' };
    job.computeGroups.push({ joinKey: 'lab', joinSecret: 'hush' });
    job.env.LEVEL = '3';
    job.limits = { sliceTimeoutMs: 5_000, noProgressMs: 1_000 };
    await job.deploy();
    const pkg = scheduler.package;
    expect(pkg.public).toEqual({ name: 'squares', description: 'of numbers', link: 'https://example.org/' });
    expect(pkg.groups).toEqual([{ key: 'public' }, { key: 'lab' }]);
    const address = await groupAddress({ key: 'lab', secretHash: hashSecret('hush') });
    expect(scheduler.tap.requestsOfType('job.deploy')[0]!.groups).toEqual([{ key: 'lab', address }]);
    const proofs = scheduler.tap.requestsOfType('group.prove').flatMap((request) => request.proofs);
    expect(proofs).toMatchObject([{ key: 'lab', address }]);
    expect(pkg.env).toEqual({ LEVEL: '3' });
    expect(pkg.limits).toEqual({ sliceTimeoutMs: 5_000, noProgressMs: 1_000 });
    expect(JSON.stringify(pkg)).not.toMatch(new RegExp(`hush|${hashSecret('hush')}`));
  });

  it('emits failed slices as events and rejects at the end with the available results', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) =>
      datum === 2 ? { error: new TypeError('two is odd') } : { value: datum };
    const job = deployer.computeFor([1, 2, 3], (x: number) => x);
    const failures: [number | undefined, Error][] = [];
    job.on('error', ({ sliceNumber, error }) => failures.push([sliceNumber, error]));
    const error: unknown = await job.exec().catch((e: unknown) => e);
    if (!isError(error, 'SLICES_FAILED')) throw error;
    expect(error.info.failed).toBe(1);
    expect(error.info.jobId).toBe(job.id);
    expect(Object.keys(error.info.results)).toEqual(['0', '2']);
    expect(error.info.failures).toEqual([{ sliceNumber: 2, error: failures[0]![1] }]);
    expect(failures[0]![0]).toBe(2);
    expect(failures[0]![1]).toBeInstanceOf(TypeError);
    expect(failures[0]![1].message).toBe('two is odd');
    expect(job.results.settled()).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: failures[0]![1] },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('rejects calls that are too early or too late', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor([1], (x: number) => x);
    await expect(job.wait()).rejects.toMatchObject({ code: 'JOB_STATE' });
    await expect(job.addSlices([2])).rejects.toMatchObject({ code: 'JOB_STATE' });
    await job.exec();
    await expect(job.exec()).rejects.toMatchObject({ code: 'JOB_STATE' });
    await expect(job.deploy()).rejects.toMatchObject({ code: 'JOB_STATE' });
    expect(() => (job.autoClose = false)).toThrowError(/deployed/);
    expect(() => job.setSlicePaymentOffer(1)).toThrowError(/deployed/);
    await expect(job.addSlices([2])).rejects.toMatchObject({ code: 'JOB_STATE' });
    expect([...(await job.wait())]).toEqual([1]);
  });

  it('keeps no results without collateResults, and emits all events', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor({ start: 1, end: 5_000 }, (x: number) => x);
    job.collateResults = false;
    let sum = 0;
    job.on('result', ({ result }) => (sum += result));
    const results = await job.exec();
    expect(results.length).toBe(0);
    expect(sum).toBe(12_502_500);
  });

  it('accepts more slices until it is closed', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor([1, 2], (x: unknown) => x);
    job.autoClose = false;
    const done = job.exec();
    await waitUntil(() => scheduler.jobs.size === 1);
    const added = await job.addSlices([3, 4]);
    expect(added).toEqual({ firstSliceNumber: 3, lastSliceNumber: 4, count: 2 });
    expect(await deployer.addSlices({ start: 5, end: 7 }, job.id)).toEqual({
      success: true,
      firstSliceNumber: 5,
      lastSliceNumber: 7,
      count: 3,
    });
    // The calls do not wait for each other; the close is still sent last.
    const last = job.addSlices([8, 'x'.repeat(600_000), 10]);
    await Promise.all([last, job.close()]);
    const [eighth, ninth, tenth] = (await done).slice(7);
    expect([...job.results].slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([eighth, ninth, tenth]).toEqual([8, 'x'.repeat(600_000), 10]);
    await expect(deployer.addSlices([8], job.id)).rejects.toMatchObject({ code: 'JOB_CLOSED' });
  });

  it('is cancelled by its handle and emits one cancel event', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const reasons: string[] = [];
    job.on('cancel', ({ reason }) => reasons.push(reason));
    const done = job.exec().catch((e: unknown) => e);
    await waitUntil(() => scheduler.isFilled);
    expect(await job.cancel('no longer needed')).toMatchObject({ runStatus: 'cancelled' });
    expect(await done).toMatchObject({
      code: 'JOB_CANCELLED',
      info: { jobId: job.id, reason: 'no longer needed' },
    });
    expect(reasons).toEqual(['no longer needed']);
  });

  it('can be cancelled before it is sent', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const done = job.exec().catch((e: unknown) => e);
    await job.cancel('changed my mind');
    expect(await done).toMatchObject({ code: 'JOB_CANCELLED' });
    expect(scheduler.jobs.size).toBe(0);
  });

  it('emits events for a cancellation by another client, console, progress and missing funds', async () => {
    const { scheduler, deployer, wallet } = createDeployerFixture();
    await scheduler.mint((await wallet.get()).address, CREDIT);
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const seen: unknown[] = [];
    job.on('console', (event) => seen.push([event.sliceNumber, event.attempt, event.level, event.message]));
    job.on('progress', ({ progress }) => seen.push(progress));
    job.on('nofunds', ({ reason }) => seen.push(reason));
    const done = job.exec({ pricePerSlice: 1, ceiling: 1 }).catch((e: unknown) => e);
    await waitUntil(() => scheduler.isFilled);
    const { jobId } = scheduler.job;
    const text = { level: 'log', message: 'hello' } as const;
    scheduler.tap.broadcast({ type: 'job.console', jobId, sliceNumber: 1, attempt: 2, ...text });
    scheduler.tap.broadcast({ type: 'job.progress', jobId, sliceNumber: 1, progress: 0.5 });
    // The ceiling pays for one slice.
    await scheduler.complete([{ value: 1 }]);
    await waitUntil(() => seen.length === 3);
    await scheduler.cancel('by the operator');
    expect(await done).toMatchObject({ code: 'JOB_CANCELLED', info: { reason: 'by the operator' } });
    expect(seen).toEqual([[1, 2, 'log', 'hello'], 0.5, 'nofunds']);
  });

  it('has the name of DCP for its status, which is JSON', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const job = deployer.computeFor([5, 6], (x: number) => x);
    await job.exec();
    const info = { jobId: job.id, runStatus: 'finished', total: 2 };
    expect(await job.getJobInfo()).toMatchObject(info);
    expect(await deployer.compute.getJobInfo(job.id)).toMatchObject(info);
    expect(JSON.parse(JSON.stringify(job.status))).toMatchObject({ runStatus: 'finished', paid: '0' });
  });

  it('rejects a listener for an unknown event', () => {
    const job = createDeployerFixture().deployer.computeFor([1], (x: number) => x);
    expect(() => job.on('reslt' as 'result', () => undefined)).toThrow(/Did you mean 'result'/);
    job.on('RESULT', () => undefined);
  });

  it('emits paused with the operator’s reason, and resumed', async () => {
    const { scheduler, deployer, warnings } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const seen: unknown[] = [];
    job.on('nofunds', () => seen.push('nofunds'));
    job.on('paused', ({ reason }) => seen.push(['paused', reason, job.status.reason]));
    job.on('resumed', (event) => seen.push(['resumed', event.job === job, job.status.reason]));
    await job.deploy();
    await scheduler.pause('too hot');
    await waitUntil(() => seen.length === 1);
    await scheduler.resume();
    await waitUntil(() => seen.length === 2);
    expect(seen).toEqual([
      ['paused', 'too hot', 'too hot'],
      ['resumed', true, undefined],
    ]);
    expect(warnings).toEqual([]);
    await job.cancel();
  });

  it('prints that the operator paused it, if there is no listener', async () => {
    const { scheduler, deployer, warnings } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const done = job.exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    await scheduler.pause('too hot');
    await waitUntil(() => warnings.length === 1);
    await scheduler.resume();
    await waitUntil(() => warnings.length === 2);
    expect(warnings).toEqual([
      expect.stringMatching(/job [\w-]{22} is paused by the scheduler's operator.*"too hot"/),
      expect.stringMatching(/job [\w-]{22} was resumed/),
    ]);
    await scheduler.complete([{ value: 1 }]);
    await done;
  });

  it('rejects with the error of the scheduler that refuses the deployment', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor(Array(50_000).fill(1), (x: number) => x);
    job.worktime = 'no-such';
    await expect(job.exec()).rejects.toMatchObject({ code: 'WORKTIME_UNKNOWN' });
    const python = deployer.computeFor([1], 'def f(x): return x');
    python.worktime = 'no-such';
    await expect(python.exec()).rejects.toMatchObject({ code: 'WORKTIME_UNKNOWN' });
    let closed = false;
    const silent: AsyncIterableIterator<string> = {
      [Symbol.asyncIterator]: () => silent,
      next: () => new Promise(() => undefined),
      return: () => {
        closed = true;
        return Promise.resolve({ value: undefined, done: true });
      },
    };
    const streaming = deployer.computeFor(silent, 'def f(x): return x');
    streaming.worktime = 'no-such';
    await expect(streaming.exec()).rejects.toMatchObject({ code: 'WORKTIME_UNKNOWN' });
    await waitUntil(() => closed);
    expect(scheduler.tap.requestsOfType('job.cancel')).toEqual([]);
  });

  it('completes immediately with an empty input', async () => {
    const { deployer } = createDeployerFixture();
    expect((await deployer.computeFor([], (x: number) => x).exec()).length).toBe(0);
    expect((await deployer.computeFor(0, (x: number) => x).exec()).length).toBe(0);
  });
});

describe('cancelling a job during its deployment', () => {
  it.each(['exec', 'init', 'preauth', 'deploying', 'uploading'] as const)(
    'leaves no open job behind from a listener of %s',
    async (state) => {
      const { scheduler, deployer } = createDeployerFixture();
      const job = deployer.computeFor([1, 2, 3], (x: number) => x);
      let cancelled: Promise<unknown> | undefined;
      job.on('readystatechange', (now) => {
        if (now === state) cancelled = job.cancel('changed my mind');
      });
      await expect(job.exec()).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
      expect(await cancelled).toMatchObject({ runStatus: 'cancelled' });
      for (const found of scheduler.jobs.values()) expect(found.runStatus).toBe('cancelled');
    },
  );
});
