import { describe, expect, it } from 'vitest';
import {
  createDeployerFixture,
  acceleratedClock,
  waitUntil,
} from '../../testing/deployer/deployer-fixture.js';

/** An endless source that records how far it was read and whether it was closed. */
function endlessInput<T>(make: (n: number) => T): { read: number; isClosed: boolean; values: Generator<T> } {
  const input = { read: 0, isClosed: false, values: undefined as never as Generator<T> };
  input.values = (function* () {
    try {
      for (;;) yield make(++input.read);
    } finally {
      input.isClosed = true;
    }
  })();
  return input;
}

async function* inTurns<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}

/** Resolves when nothing was read for some turns of the event loop. */
async function isStill(input: { read: number }): Promise<number> {
  let still = 0;
  while (still < 200) {
    const before = input.read;
    await new Promise((resolve) => setImmediate(resolve));
    still = before === input.read ? still + 1 : 0;
  }
  return input.read;
}

describe('an endless input', () => {
  it.each(['sync', 'async'])('is read ahead up to the limit of the job: %s', async (kind) => {
    const { scheduler, deployer } = createDeployerFixture();
    const input = endlessInput((n) => n);
    const job = deployer.computeFor(kind === 'sync' ? input.values : inTurns(input.values), (n: number) => n);
    job.readAhead = { slices: 1_000 };
    const done = job.exec().catch((error: unknown) => error);
    await waitUntil(() => input.read === 1_000);
    expect(await isStill(input)).toBe(1_000);
    await waitUntil(() => scheduler.job.total === 1_000);
    await scheduler.complete(Array.from({ length: 600 }, (_, i) => ({ value: i })));
    await waitUntil(() => input.read === 1_600);
    expect(await isStill(input)).toBe(1_600);
    await job.cancel();
    expect(await done).toMatchObject({ code: 'JOB_CANCELLED' });
    await waitUntil(() => input.isClosed);
  });

  it('is also limited by the bytes of its slices', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const input = endlessInput(() => new Uint8Array(100_000));
    const job = deployer.computeFor(input.values, (bytes: Uint8Array) => bytes.length);
    job.readAhead = { bytes: 1_000_000 };
    const done = job.exec().catch((error: unknown) => error);
    await waitUntil(() => input.read >= 10);
    const read = await isStill(input);
    expect(read).toBeLessThan(13);
    await waitUntil(() => scheduler.job.total === read);
    await scheduler.complete(Array.from({ length: read }, () => ({ value: 1 })));
    await waitUntil(() => input.read > read + 9);
    await job.cancel();
    await done;
  });

  it('continues without a handle that follows, and reports missing workers', async () => {
    const { scheduler, deployer, warnings } = createDeployerFixture({ clock: acceleratedClock(50) });
    const input = endlessInput((n) => n);
    const job = deployer.computeFor(input.values, (n: number) => n);
    job.readAhead = { slices: 100 };
    await job.deploy();
    await waitUntil(() => input.read === 100);
    await waitUntil(() => warnings.some((text) => text.includes('No worker has taken a slice')));
    await scheduler.complete(Array.from({ length: 100 }, (_, i) => ({ value: i })));
    await waitUntil(() => input.read === 200);
    await scheduler.cancel('enough');
    await waitUntil(() => input.isClosed);
  });

  it('is read 1,000,000 slices ahead by default', () => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (n: number) => n);
    expect(job.readAhead).toEqual({ slices: 1_000_000, bytes: 256 * 1024 * 1024 });
  });
});

describe('an input whose length is known', () => {
  it('is sent completely', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const job = deployer.computeFor(
      Array.from({ length: 5_000 }, (_, i) => i),
      (n: number) => n,
    );
    job.readAhead = { slices: 10 };
    await job.deploy();
    await waitUntil(() => scheduler.isFilled);
    expect(scheduler.job.total).toBe(5_000);
  });
});

describe('an invalid limit', () => {
  it.each([
    [{ slice: 5 }, 'UNKNOWN_OPTION'],
    [{ slices: 0 }, 'INVALID_ARGUMENT'],
    [{ bytes: 'many' }, 'INVALID_ARGUMENT'],
    [5, 'INVALID_ARGUMENT'],
  ])('is rejected: %o', (limits, code) => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (n: number) => n);
    expect(() => (job.readAhead = limits as never)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
