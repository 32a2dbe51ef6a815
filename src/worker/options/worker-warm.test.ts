/**
 * How a worker starts sandboxes under each policy: what it keeps, what it prewarms, and when it ends them.
 */
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { memoryStorage } from '../../lib/storage/storage.js';
import {
  jobId,
  OWNER,
  createWorkerFixture,
  trackFixtures,
  runJobToCompletion,
} from '../../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../../testing/worker/worker-fixture.js';
import type { WorkerOptions } from './resolve-options.js';

const JOB = jobId('one');
const OTHER = jobId('two');
const THIRD = jobId('three');
const MINUTE = 60_000;

const script = {
  slice: (_n: number, datum: unknown) => ({ kind: 'value' as const, value: datum, ms: 5 }),
};

const keep = trackFixtures();
function on(options: WorkerOptions = {}): WorkerFixture {
  return keep(createWorkerFixture(script, options));
}
describe('warm-function', () => {
  it('is the default policy: a job gets its sandbox again', async () => {
    const s = on();
    await s.worker.start();
    await runJobToCompletion(s, JOB);
    await runJobToCompletion(s, OTHER);
    await runJobToCompletion(s, JOB);
    expect(s.host.assignments).toHaveLength(2);
    await runJobToCompletion(s, OTHER);
    expect(s.host.assignments).toHaveLength(2);
  });

  it('reports to the scheduler which jobs start at once, also when that changes while it waits', async () => {
    const s = on({ cores: 2 });
    await s.worker.start();
    const wants = (): unknown[] => s.scheduler.tap.received.filter(({ type }) => type === 'lease.request');
    for (const id of [JOB, OTHER, THIRD]) await runJobToCompletion(s, id);
    await s.clock.advance(1_000);
    const worktime = { name: 'map-basic', version: expect.any(String) as string };
    const before = wants().length;
    expect(wants().at(-1)).toMatchObject({
      idle: true,
      warmJobs: [expect.any(String)],
      warmWorktimes: [worktime],
    });
    await s.clock.advance(10_000);
    expect(wants().length).toBe(before);
    await s.clock.advance(10 * MINUTE);
    expect(wants().length).toBeLessThan(before + 20);
    expect(wants().at(-1)).toEqual({
      type: 'lease.request',
      request: expect.any(Number) as number,
      idle: true,
    });
  });

  it('keeps a limited number of sandboxes for a limited time', async () => {
    const s = on();
    await s.worker.start();
    for (const id of [JOB, OTHER, THIRD]) await runJobToCompletion(s, id);
    // One in its slot, one idle: this worker has one core.
    expect(s.host.alive).toBe(2);
    await s.clock.advance(3 * MINUTE);
    expect(s.host.alive).toBe(0);
  });

  it('keeps no sandbox of a blocked job, and none while paused', async () => {
    const s = on();
    await s.worker.start();
    await runJobToCompletion(s, JOB);
    await runJobToCompletion(s, OTHER);
    expect(s.host.alive).toBe(2);
    s.worker.block({ jobId: JOB });
    await s.clock.advance(10);
    expect(s.host.alive).toBe(1);
    await runJobToCompletion(s, THIRD);
    s.worker.pause();
    await s.clock.advance(10);
    expect(s.host.alive).toBe(0);
  });
});

describe('a prewarmed sandbox', () => {
  it('is started when no sandbox is being set up, for a worktime in demand, and the next job starts in it', async () => {
    const s = on({ policy: 'warm-runtime' });
    await s.worker.start();
    await s.clock.advance(MINUTE);
    expect(s.host.warmed).toBe(0);
    await runJobToCompletion(s, JOB);
    expect(s.host.warmed).toBe(0);
    await s.clock.advance(1_000);
    expect(s.host.warmed).toBe(1);
    const asked = s.host.owners.length;
    await runJobToCompletion(s, OTHER);
    expect(s.host.owners).toHaveLength(asked);
    expect(s.host.assignments[1]!.assets).toEqual({});
  });

  it('takes at most a fiftieth of the time of running slices', async () => {
    const s = on({ policy: 'warm-runtime' });
    await s.worker.start();
    await s.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 100_000 });
    await s.clock.advance(20_000);
    expect(s.host.warmed).toBe(0);
    await s.clock.advance(20_000);
    expect(s.host.warmed).toBe(1);
    expect(s.scheduler.isComplete(JOB)).toBe(false);
  });

  it('that ends with its neighbours while it gets a job is replaced at once, and nobody is charged', async () => {
    const assign = (start: number) => (start === 2 ? 'crash-with-others' : 'assigned');
    const s = keep(createWorkerFixture({ ...script, assign }, { policy: 'warm-runtime' }));
    await s.worker.start();
    await runJobToCompletion(s, JOB);
    await s.clock.advance(1_000);
    expect(s.host.prewarmed).toBe(1);
    const owners = s.host.owners.length;
    await runJobToCompletion(s, OTHER);
    expect(s.host.owners).toHaveLength(owners + 1);
    expect(s.events.filter(({ name }) => name === 'warning')).toEqual([]);
    expect(s.scheduler.losses).toEqual([]);
    await s.clock.advance(1_000);
    expect(s.host.prewarmed).toBe(1);
  });

  it('that ends as it reports its runtime is not kept for a job', async () => {
    const s = keep(createWorkerFixture({ ...script, warms: () => 'and-ends' }, { policy: 'warm-runtime' }));
    await s.worker.start();
    await runJobToCompletion(s, JOB);
    await s.clock.advance(1_000);
    expect(s.host.warmed).toBeGreaterThan(0);
    const owners = s.host.owners.length;
    await runJobToCompletion(s, OTHER);
    expect(s.host.owners).toHaveLength(owners + 1);
    expect(s.events.filter(({ name }) => name === 'warning')).toEqual([]);
  });

  it('is ended after a time without demand, and with the worker', async () => {
    const s = on({ policy: 'warm-runtime' });
    await s.worker.start();
    await runJobToCompletion(s, JOB);
    await s.clock.advance(1_000);
    expect(s.host.prewarmed).toBe(1);
    await s.clock.advance(6 * MINUTE);
    expect(s.host.prewarmed).toBe(0);
    await runJobToCompletion(s, OTHER);
    await s.clock.advance(1_000);
    expect(s.host.prewarmed).toBe(1);
    await s.clock.runUntil(s.worker.stop());
    expect(s.host.prewarmed).toBe(0);
  });
});

describe('cold', () => {
  it('keeps no sandbox and prewarms none', async () => {
    const s = on({ policy: 'cold' });
    await s.worker.start();
    await runJobToCompletion(s, JOB);
    await s.clock.advance(1_000);
    expect([s.host.alive, s.host.warmed, s.host.snapshots]).toEqual([0, 0, 0]);
    await runJobToCompletion(s, OTHER);
    expect(s.host.owners).toHaveLength(2);
  });
});

describe('blobs that a job names', () => {
  it('are downloaded once for all workers of this machine', async () => {
    const assets = memoryStorage();
    const bundle = new Uint8Array(100).fill(7);
    const fs = { blob: sha256Hex(bundle), bytes: bundle.length, cwd: '/data' };
    const downloads: string[] = [];
    for (let life = 0; life < 2; life++) {
      const s: WorkerFixture = keep(
        createWorkerFixture(
          script,
          {},
          {
            assets,
            fetch: (url, init) => {
              downloads.push(String(url));
              return s.scheduler.blobs.fetch(url, init);
            },
          },
        ),
      );
      s.scheduler.blobs.blobs.set(fs.blob, bundle);
      await s.worker.start();
      await s.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 2, package: { fs } });
      await s.clock.runUntil(() => s.scheduler.isComplete(JOB));
      expect(s.host.assignments[0]!.blobs).toEqual({ [fs.blob]: bundle });
    }
    expect(downloads).toEqual([`http://scheduler:8462/blobs/${fs.blob}`]);
  });
});
