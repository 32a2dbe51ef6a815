import { describe, expect, it } from 'vitest';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';

/** So many bytes as one value. */
const bytes = (n: number, fill = 1): Uint8Array => new Uint8Array(n).fill(fill);

describe('uploading an input', () => {
  it('sends iterables and async iterables in order', async () => {
    for (const make of [syncNumbers, asyncNumbers]) {
      const { scheduler, deployer } = createDeployerFixture();
      const job = deployer.computeFor(make(100_000), (x: number) => x);
      await job.deploy();
      await waitUntil(() => scheduler.isFilled);
      expect(scheduler.inputData).toEqual(Array.from({ length: 100_000 }, (_, i) => i));
      expect(scheduler.inputs.length).toBeLessThan(20);
    }
  });

  it('sends deploy, appends and close without waiting for replies', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    for (const type of ['job.deploy', 'job.append', 'job.close']) scheduler.tap.delayedReplies.add(type);
    const job = deployer.computeFor([1, 2, 3], (x: number) => x);
    const deployed = job.deploy();
    await waitUntil(() => scheduler.tap.requestsOfType('job.close').length === 1);
    expect(scheduler.tap.received.map(({ type }) => type)).toEqual([
      'hello',
      'session.prove',
      'job.deploy',
      'job.append',
      'job.close',
    ]);
    scheduler.tap.releaseReplies();
    expect(await deployed).toBe(job.id);
  });

  it('reads an iterable no further than its window allows', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.tap.delayedReplies.add('job.append');
    let read = 0;
    const job = deployer.computeFor(
      (function* () {
        for (; read < 200; read++) yield bytes(100_000);
      })(),
      (x: Uint8Array) => x.length,
    );
    await job.deploy();
    const seen = async (): Promise<number> => {
      for (let before = -1; before !== read;) {
        before = read;
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
      return read;
    };
    const held = await seen();
    expect(held).toBeGreaterThan(30);
    expect(held).toBeLessThan(50);
    scheduler.tap.releaseReplies();
    await waitUntil(() => scheduler.isFilled);
    expect(scheduler.job.total).toBe(200);
  });

  it('sends the values of a slow source without waiting for more, and stops with the job', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    let returned = 0;
    const values: AsyncIterableIterator<number> = {
      [Symbol.asyncIterator]: () => values,
      next: (() => {
        let n = 0;
        return () => (n++ < 2 ? Promise.resolve({ value: n, done: false }) : new Promise(() => undefined));
      })() as AsyncIterator<number>['next'],
      return: () => {
        returned++;
        return Promise.resolve({ value: undefined, done: true });
      },
    };
    const job = deployer.computeFor(values, (x: number) => x);
    const done = job.exec().catch((e: unknown) => e);
    await waitUntil(() => scheduler.jobs.size === 1 && scheduler.job.total === 2);
    expect(scheduler.inputData).toEqual([1, 2]);
    await job.cancel();
    expect(await done).toMatchObject({ code: 'JOB_CANCELLED' });
    expect(returned).toBe(1);
  });

  it('stops an endless source when the job is cancelled while the window is full', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.tap.delayedReplies.add('job.append');
    let closed = false;
    const endless = (function* () {
      try {
        for (;;) yield bytes(100_000);
      } finally {
        closed = true;
      }
    })();
    const job = deployer.computeFor(endless, (x: Uint8Array) => x.length);
    await job.deploy();
    await waitUntil(() => scheduler.tap.requestsOfType('job.append').length > 15);
    await job.cancel();
    await waitUntil(() => closed);
  });

  it('rejects with the error of a failed source as the cause, and cancels the job', async () => {
    for (const kind of ['sync', 'async'] as const) {
      const { scheduler, deployer } = createDeployerFixture();
      const cause = new RangeError('disk on fire');
      const values = kind === 'sync' ? failingSync(cause) : failingAsync(cause);
      const error: unknown = await deployer
        .computeFor(values, (x: number) => x)
        .exec()
        .catch((e: unknown) => e);
      if (!isError(error, 'INPUT_FAILED')) throw error;
      expect(error.cause).toBe(cause);
      expect(error.message).toContain('disk on fire');
      await waitUntil(() => scheduler.job.runStatus === 'cancelled');
      expect(scheduler.job.reason).toContain('disk on fire');
      expect(scheduler.job.open).toBe(false);
    }
  });

  it('reports the path of a datum that cannot be cloned', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const data: unknown[] = Array.from({ length: 30 }, (_, i) => ({ x: i }));
    data[17] = { x: () => 1 };
    scheduler.tap.delayedReplies.add('job.deploy');
    const failed = deployer
      .computeFor(data, () => 1)
      .exec()
      .catch((e: unknown) => e);
    await waitUntil(() => scheduler.jobs.size === 1);
    await new Promise((resolve) => setImmediate(resolve));
    scheduler.tap.releaseReplies();
    const error = await failed;
    if (!isError(error, 'VALUE_NOT_CLONEABLE')) throw error;
    expect(error.info).toMatchObject({ path: 'data[17].x', type: 'function' });
    expect(error.message).toContain('data[17].x');
    await waitUntil(() => scheduler.job.runStatus === 'cancelled');
    expect(scheduler.job.total).toBe(0);
  });

  it('reports the path of an argument that cannot be cloned, and deploys nothing', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number, f: unknown) => [x, f], [() => 1]);
    await expect(job.exec()).rejects.toMatchObject({
      code: 'VALUE_NOT_CLONEABLE',
      info: { path: 'args[0]' },
    });
    expect(scheduler.jobs.size).toBe(0);
  });

  it('uploads a large datum as a blob once, before its append', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: (datum as Uint8Array | string).length });
    scheduler.blobs.faults.push('broken', 503);
    const data = ['a', bytes(2_000_000, 3), 'bc', bytes(2_000_000, 3), 'def'];
    const results = await deployer.computeFor(data, (x: Uint8Array | string) => x.length).exec();
    expect([...results]).toEqual([1, 2_000_000, 2, 2_000_000, 3]);
    expect(scheduler.blobs.blobs.size).toBe(1);
  });

  it('appends slices once when the request is sent twice', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    scheduler.computeOutcome = (datum) => ({ value: datum });
    let cuts = 0;
    scheduler.tap.beforeRequest = (request) => {
      // The first append is committed, but its reply is lost with the connection.
      if (request.type !== 'job.append' || cuts++ > 0) return;
      queueMicrotask(() => scheduler.tap.disconnectAll());
      return 'lost';
    };
    const data = Array.from({ length: 100_000 }, (_, i) => i);
    const results = await deployer.computeFor(data, (x: number) => x).exec();
    expect([...results]).toEqual(data);
    expect(scheduler.tap.requestsOfType('job.append').length).toBeGreaterThan(scheduler.inputs.length);
    expect(scheduler.tap.connectionAttempts).toBe(2);
  });

  it('cancels the job when an append is refused', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    let appends = 0;
    scheduler.tap.beforeRequest = (request) => {
      if (request.type === 'job.append' && ++appends === 3) {
        throw new ManyhandsError('LIMIT_EXCEEDED', 'too much', { limit: 'X', max: 1, actual: 2 });
      }
    };
    const data = Array.from({ length: 200_000 }, (_, i) => i);
    const done = deployer.computeFor(data, (x: number) => x).exec();
    await expect(done).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await waitUntil(() => scheduler.job.runStatus === 'cancelled');
  });

  it('ends when an append reports that another client cancelled the job', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const reasons: string[] = [];
    const job = deployer.computeFor(asyncForever(), (x: number) => x);
    await job.deploy();
    await scheduler.cancel('by the operator');
    job.once('cancel', ({ reason }) => reasons.push(reason));
    await expect(job.wait()).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
    expect(reasons.length).toBe(1);
    expect(scheduler.tap.requestsOfType('job.cancel')).toEqual([]);
  });

  it('does not cancel an open job when addSlices fails', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    job.autoClose = false;
    await job.deploy();
    await expect(job.addSlices(failingSync(new Error('no')))).rejects.toMatchObject({ code: 'INPUT_FAILED' });
    expect(await job.addSlices([2])).toMatchObject({ count: 1 });
    expect(scheduler.job.runStatus).toBe('running');
  });
});

function* syncNumbers(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

async function* asyncNumbers(n: number): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) yield i;
}

async function* asyncForever(): AsyncGenerator<number> {
  for (let i = 0; ; i++) yield i;
}

function* failingSync(error: Error): Generator<number> {
  yield 1;
  throw error;
}

async function* failingAsync(error: Error): AsyncGenerator<number> {
  yield 1;
  throw error;
}
