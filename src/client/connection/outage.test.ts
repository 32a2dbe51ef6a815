import { describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/clock.js';
import { createDeployer } from '../../deployer/deployer.js';
import {
  createDeployerFixture,
  acceleratedClock,
  waitUntil,
  type DeployerFixture,
} from '../../testing/deployer/deployer-fixture.js';
import type { Job } from '../../deployer/job/job.js';

/** A job that is followed while its scheduler is stopped; timers run fast. */
async function lostFixture(
  times = 20,
): Promise<DeployerFixture & { job: Job<number>; running: Promise<unknown> }> {
  const fixture = createDeployerFixture({ clock: acceleratedClock(times) });
  const job = fixture.deployer.computeFor([1, 2], (x: number) => x);
  const running = job.exec().catch((error: unknown) => error);
  await waitUntil(() => fixture.scheduler.isFilled);
  fixture.scheduler.tap.refusesConnections = true;
  fixture.scheduler.tap.disconnectAll();
  return { ...fixture, job, running };
}

describe('a scheduler that cannot be reached', () => {
  it('is reported by events of the job and of compute, and so is the reconnect', async () => {
    const { scheduler, deployer, warnings, ...fixture } = createDeployerFixture({
      clock: acceleratedClock(20),
    });
    void fixture;
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const told: string[] = [];
    job.on('reconnecting', ({ message }) => told.push(`job lost ${typeof message}`));
    job.on('reconnected', ({ downMs }) => told.push(`job back ${typeof downMs}`));
    deployer.compute.on('reconnecting', () => told.push('compute lost'));
    deployer.compute.on('reconnected', () => told.push('compute back'));
    const running = job.exec();
    await waitUntil(() => scheduler.isFilled);
    scheduler.tap.refusesConnections = true;
    scheduler.tap.disconnectAll();
    await waitUntil(() => scheduler.tap.connectionAttempts > 3);
    expect(told).toEqual(['compute lost', 'job lost string']);
    scheduler.tap.refusesConnections = false;
    await waitUntil(() => told.length === 4);
    expect(told.slice(2)).toEqual(['compute back', 'job back number']);
    await scheduler.complete([{ value: 1 }, { value: 2 }]);
    expect([...(await running)]).toEqual([1, 2]);
    expect(warnings.filter((text) => text.includes('connection'))).toEqual([]);
  });

  it('is logged once if nobody listens, and so is the reconnect', async () => {
    const { scheduler, warnings, job, running } = await lostFixture();
    await waitUntil(() => warnings.some((text) => /the connection to .* is lost/.test(text)));
    scheduler.tap.refusesConnections = false;
    await waitUntil(() => warnings.some((text) => /connected to .* again/.test(text)));
    expect(warnings.filter((text) => text.includes('is lost'))).toHaveLength(1);
    await job.cancel();
    await running;
  });

  it('fails calls and new jobs after the time set by init, but not a running job', async () => {
    const { scheduler, ports } = createDeployerFixture();
    const deployer = createDeployer({ ...ports, connectTimeoutMs: 50 });
    const job = deployer.computeFor([1], (x: number) => x);
    const waiting = job.exec().catch((error: unknown) => error);
    await waitUntil(() => scheduler.isFilled);
    scheduler.tap.refusesConnections = true;
    scheduler.tap.disconnectAll();
    const failed = expect.objectContaining({ code: 'CONNECT_FAILED' }) as Error;
    await Promise.all([
      expect(job.cancel()).rejects.toThrow(failed),
      expect(job.fetchResults()).rejects.toThrow(failed),
      expect(deployer.compute.list()).rejects.toThrow(failed),
      expect(deployer.addSlices([1], job.id)).rejects.toThrow(failed),
      expect(deployer.computeFor([1], (x: number) => x).exec()).rejects.toThrow(failed),
    ]);
    scheduler.tap.refusesConnections = false;
    await waitUntil(() => scheduler.tap.connections.size > 0);
    await job.cancel();
    expect(await waiting).toMatchObject({ code: 'JOB_CANCELLED' });
  });

  it('does not delay the abort of a call by its signal', async () => {
    const { scheduler, deployer, job, running } = await lostFixture();
    const signal = AbortSignal.timeout(30);
    const late = expect.objectContaining({ code: 'TIMEOUT' }) as Error;
    await Promise.all([
      expect(job.cancel('', { signal })).rejects.toThrow(late),
      expect(job.fetchResults(undefined, { signal })).rejects.toThrow(late),
      expect(job.wait({ signal })).rejects.toThrow(late),
      expect(deployer.attach(job.id, { signal })).rejects.toThrow(late),
      expect(deployer.addSlices([1], job.id, { signal })).rejects.toThrow(late),
      expect(deployer.compute.list({ signal })).rejects.toThrow(late),
      expect(deployer.computeFor([1], (x: number) => x).exec({ signal })).rejects.toThrow(late),
    ]);
    scheduler.tap.refusesConnections = false;
    await waitUntil(() => scheduler.tap.connections.size > 0);
    await job.cancel();
    await running;
  });
});

describe('a signal of exec', () => {
  it('ends the job at the scheduler too', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const abort = new AbortController();
    const running = deployer.computeFor([1], (x: number) => x).exec({ signal: abort.signal });
    await waitUntil(() => scheduler.jobs.size === 1);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
    await waitUntil(() => scheduler.job.runStatus === 'cancelled');
  });

  it('of wait ends only that wait, and the next one continues', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const id = await deployer.computeFor([1, 2], (x: number) => x).deploy();
    const job = await deployer.attach<number>(id);
    await expect(job.wait({ signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await waitUntil(() => scheduler.tap.requestsOfType('job.unfollow').length === 1);
    await scheduler.complete([{ value: 1 }, { value: 4 }]);
    expect([...(await job.wait())]).toEqual([1, 4]);
  });
});

describe('an interrupted input', () => {
  it('is reported to whoever waits for the job, and continues after what was committed', async () => {
    const { scheduler, deployer, warnings } = createDeployerFixture({ clock: acceleratedClock(50) });
    scheduler.computeOutcome = (x) => ({ value: (x as number) * 2 });
    // A program that ended after it had sent two of five slices.
    const first = deployer.computeFor([1, 2], (x: number) => x * 2);
    first.autoClose = false;
    const id = await first.deploy();
    await waitUntil(() => first.committed === 2);

    const job = await deployer.attach<number>(id);
    expect(job.committed).toBe(2);
    const waiting = job.wait();
    await waitUntil(() => warnings.some((text) => text.includes('no more are being added')));
    await job.addSlices([1, 2, 3, 4, 5].slice(job.committed));
    await job.close();
    expect([...(await waiting)]).toEqual([2, 4, 6, 8, 10]);
  });

  it('is an event if somebody listens', async () => {
    const { deployer, warnings } = createDeployerFixture({ clock: acceleratedClock(50) });
    const first = deployer.computeFor([], (x: number) => x);
    first.autoClose = false;
    const job = await deployer.attach(await first.deploy());
    let committed: number | undefined;
    job.on('noinput', (event) => (committed = event.committed));
    await waitUntil(() => committed === 0);
    expect(warnings.filter((text) => text.includes('no more are being added'))).toEqual([]);
    await job.cancel();
  });
});

describe('a program that gives up', () => {
  it('closes its connection without waiting for ever for the reply to a close', async () => {
    const timers = new Set<object>();
    const hurried = acceleratedClock(20);
    const clock: Clock = {
      ...hurried,
      after: (ms, run, options) => {
        const timer = {};
        timers.add(timer);
        const cancel = hurried.after(
          ms,
          () => {
            timers.delete(timer);
            run();
          },
          options,
        );
        return () => {
          timers.delete(timer);
          cancel();
        };
      },
    };
    const { scheduler, ports } = createDeployerFixture({ clock });
    const deployer = createDeployer({ ...ports, connectTimeoutMs: 50 });
    scheduler.tap.delayedReplies.add('job.close');
    const abort = new AbortController();
    const running = deployer.computeFor([1], (x: number) => x).exec({ signal: abort.signal });
    await waitUntil(() => scheduler.tap.requestsOfType('job.close').length === 1);
    scheduler.tap.refusesConnections = true;
    scheduler.tap.disconnectAll();
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    // Attempts to reconnect would set timers for ever.
    let still = 0;
    await waitUntil(() => (still = timers.size === 0 ? still + 1 : 0) > 2_000);
  });

  it('gets an error within 30 s if the first connection is not answered', async () => {
    const waits: number[] = [];
    const hurried = acceleratedClock(1_000);
    const clock: Clock = {
      ...hurried,
      after: (ms, run, options) => {
        waits.push(ms);
        return hurried.after(ms, run, options);
      },
    };
    const { ports } = createDeployerFixture({ clock });
    const deployer = createDeployer({ ...ports, connect: () => new Promise(() => undefined) });
    await expect(deployer.computeFor([1], (x: number) => x).exec()).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('No scheduler answers') as string,
    });
    expect(waits).toContain(30_000);
  });
});
