import { describe, expect, it } from 'vitest';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { createDeployer } from '../deployer.js';
import { DeployerConnection } from './deployer-connection.js';

describe('the connection of a context', () => {
  it('is opened for the first job, shared by all, and closed soon after the last', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    const jobs = [1, 2, 3].map((n) => deployer.computeFor([n], (x: number) => x));
    expect(scheduler.tap.connectionAttempts).toBe(0);
    await Promise.all(jobs.map((job) => job.exec()));
    expect(scheduler.tap.connectionAttempts).toBe(1);
    await waitUntil(() => scheduler.tap.connections.size === 0);
    await deployer.computeFor([4], (x: number) => x).exec();
    expect(scheduler.tap.connectionAttempts).toBe(2);
  });

  it('stays open while a job is followed', async () => {
    const clock = new VirtualClock();
    const { scheduler, deployer } = createDeployerFixture({ clock });
    const job = deployer.computeFor([1], (x: number) => x);
    const done = job.exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    await clock.advance(60_000);
    expect(scheduler.tap.connections.size).toBe(1);
    await scheduler.complete([{ value: 'late' }]);
    expect([...(await done)]).toEqual(['late']);
    await clock.advance(1_000);
    expect(scheduler.tap.connections.size).toBe(0);
    expect(scheduler.tap.connectionAttempts).toBe(1);
  });

  it('fails immediately with advice if there is no scheduler, and retries for the next job', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.tap.refusesConnections = true;
    const job = deployer.computeFor([1], (x: number) => x);
    const failed = job.exec();
    await expect(failed).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    await expect(failed).rejects.toThrowError(/npx manyhands scheduler/);
    await expect(deployer.compute.status('A'.repeat(22))).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    scheduler.tap.refusesConnections = false;
    scheduler.computeOutcome = (datum) => ({ value: datum });
    expect([...(await deployer.computeFor([1], (x: number) => x).exec())]).toEqual([1]);
  });

  it('is reopened without a time limit', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const done = job.exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    scheduler.tap.refusesConnections = true;
    scheduler.tap.disconnectAll();
    await waitUntil(() => scheduler.tap.connectionAttempts >= 4);
    await scheduler.complete([{ value: 'a' }, { value: 'b' }]);
    scheduler.tap.refusesConnections = false;
    expect([...(await done)]).toEqual(['a', 'b']);
  });

  it('is not opened again for the end of a follow that a lost connection has ended already', async () => {
    const clock = new VirtualClock();
    const { scheduler, deployer, warnings } = createDeployerFixture({ clock });
    scheduler.tap.delayedReplies.add('job.unfollow');
    const done = deployer.computeFor([1], (x: number) => x).exec();
    await waitUntil(() => scheduler.tap.requestsOfType('job.follow').length === 1);
    await scheduler.complete([{ value: 'last' }]);
    expect([...(await done)]).toEqual(['last']);
    await waitUntil(() => scheduler.tap.requestsOfType('job.unfollow').length === 1);
    scheduler.tap.refusesConnections = true;
    scheduler.tap.disconnectAll();
    // It is tried again for as long as an unused connection is kept, and not longer.
    await clock.advance(1_000);
    const attempts = scheduler.tap.connectionAttempts;
    await clock.advance(60_000);
    expect(warnings).toEqual([]);
    expect(scheduler.tap.connectionAttempts).toBe(attempts);
  });

  it('stays open while it is retained, however often another caller releases it', async () => {
    const clock = new VirtualClock();
    const { scheduler, ports } = createDeployerFixture({ clock });
    const { client } = new DeployerConnection(ports);
    const [first, second] = [client.retain(), client.retain()];
    await client.open();
    first();
    first();
    await clock.advance(1_000);
    expect(scheduler.tap.connections.size).toBe(1);
    second();
    await clock.advance(1_000);
    expect(scheduler.tap.connections.size).toBe(0);
  });

  it('rejects a malformed URL without quoting it', () => {
    const { ports } = createDeployerFixture();
    expect(() => createDeployer({ ...ports, schedulerUrl: 'ftp://secret' })).toThrowError(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('a request without a reply', () => {
  const MINUTE_MS = 60_000;

  const asked = async (lost: number) => {
    const clock = new VirtualClock();
    const { scheduler, deployer } = createDeployerFixture({ clock });
    const id = await deployer.computeFor([1, 2], (x: number) => x).deploy();
    let losses = lost;
    scheduler.tap.beforeRequest = ({ type }) => (type === 'job.status' && losses-- > 0 ? 'lost' : undefined);
    const status = deployer.compute.status(id).then(
      ({ total }) => total,
      (error: unknown) => error,
    );
    await waitUntil(() => scheduler.tap.requestsOfType('job.status').length === 1);
    await clock.advance(4 * MINUTE_MS);
    return { answer: await status, times: scheduler.tap.requestsOfType('job.status').length };
  };

  it('is sent again after a minute, twice', async () => {
    expect(await asked(1)).toEqual({ answer: 2, times: 2 });
    expect(await asked(2)).toEqual({ answer: 2, times: 3 });
  });

  it('fails after the third attempt', async () => {
    expect(await asked(3)).toMatchObject({ answer: { code: 'TIMEOUT' }, times: 3 });
  });
});

describe('the functions without a handle', () => {
  it('return the status of a job and cancel it', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1, 2], (x: number) => x);
    const id = await job.deploy();
    await waitUntil(() => scheduler.isFilled);
    await scheduler.complete([{ value: 1 }]);
    expect(await deployer.compute.status(id)).toEqual({
      jobId: id,
      open: false,
      runStatus: 'running',
      total: 2,
      distributed: 1,
      computed: 1,
      failed: 0,
      workers: 0,
      paid: 0n,
    });
    expect(await deployer.compute.cancel(job, undefined, 'enough')).toMatchObject({
      runStatus: 'cancelled',
      reason: 'enough',
    });
    await expect(deployer.compute.status('B'.repeat(22))).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
    await expect(job.wait()).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
  });

  it('fetch results by slice number, including failures', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) =>
      datum === 3 ? { error: new Error('three') } : { value: `v${datum as number}` };
    scheduler.slicesPerRow = 2;
    const job = deployer.computeFor({ start: 1, end: 7 }, (x: number) => `v${x}`);
    await expect(job.exec()).rejects.toMatchObject({ code: 'SLICES_FAILED' });
    const all = await deployer.fetchResults(job.id);
    expect(all.map(({ slice }) => slice)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(all[0]).toEqual({ slice: 1, value: 'v1' });
    expect(all[2]).toMatchObject({ slice: 3, error: { message: 'three' } });
    expect((await job.fetchResults([2, 5])).map(({ slice }) => slice)).toEqual([2, 3, 4, 5]);
    const odd = await deployer.fetchResults(job.id, { start: 1, end: 7, step: 2 });
    expect(odd.map(({ slice }) => slice)).toEqual([1, 3, 5, 7]);
    expect(await deployer.fetchResults(job.id, [8, 9])).toEqual([]);
    await expect(deployer.fetchResults(job.id, [0, 3])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
