import { describe, expect, it } from 'vitest';
import { SegmentWriter } from '../protocol/segment/segment.js';
import type { SliceBehavior } from '../testing/worker/fake-sandbox.js';
import { jobId, OWNER, createWorkerFixture, trackFixtures } from '../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../testing/worker/worker-fixture.js';

const JOB = jobId('job');

const on = trackFixtures();

const value = (n: number): SliceBehavior => ({ kind: 'value', value: n, ms: 1 });

describe('a slice that crashes its sandbox', () => {
  it('in a lease of hundreds is the only one that is lost; all others have one outcome', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => (n === 1_234 ? { kind: 'crash' } : value(n)) }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 2_000 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses.map((l) => [l.sliceNumber, l.code])).toEqual(
      Array.from({ length: 3 }, () => [1_234, 'SANDBOX_CRASHED']),
    );
    const kinds = [...(await scheduler.outcomes(JOB))].filter(([, o]) => o.kind !== 0).map(([n]) => n);
    expect(kinds).toEqual([1_234]);
    const lease = scheduler.grants.find(({ first, count }) => first <= 1_234 && 1_234 < first + count)!;
    expect(lease.count).toBeGreaterThan(100);
  });

  it('runs alone before it is reported lost, and batches follow after it', async () => {
    const { clock, scheduler, worker, host } = on(
      createWorkerFixture({ slice: (n, _d, run) => (n === 50 && run <= 2 ? { kind: 'crash' } : value(n)) }),
    );
    await worker.start();
    await scheduler.addJob({
      jobId: JOB,
      owner: OWNER,
      total: 400,
    });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const singleSlices = host.batches.filter((b) => b.each);
    expect(singleSlices.every((b) => b.count === 1)).toBe(true);
    expect(singleSlices.at(-1)!.first).toBe(50);
    expect(scheduler.losses.map((l) => l.sliceNumber)).toEqual([50]);
    expect(host.batches.at(-1)).toMatchObject({ each: false });
    expect(host.runs.get(50)).toBe(3);
    expect(host.started).toBe(3);
  });

  it('together with a neighbour is run again, uncharged', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n, _d, run) => (n === 20 && run === 1 ? { kind: 'crash' } : value(n)) }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 200 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toEqual([]);
  });

  it('many times does not prevent the other slices from completing', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => (n % 10 === 0 ? { kind: 'crash' } : value(n)) }, { cores: 2 }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 100 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toHaveLength(30);
  });
});

describe('a slice that does not end', () => {
  const limits = { limits: { sliceTimeoutMs: 1_000, noProgressMs: 60_000 } };

  it('is lost at its time limit, and the others are not', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => (n === 7 ? { kind: 'hang' } : value(n)) }),
    );
    await worker.start();
    await scheduler.addJob({
      jobId: JOB,
      owner: OWNER,
      total: 100,
      package: limits,
    });
    await clock.runUntil(() => scheduler.losses.length > 0);
    expect(clock.monotonicMs()).toBeLessThan(4_000);
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toMatchObject(Array(3).fill({ sliceNumber: 7, code: 'SLICE_TIMEOUT' }));
  });

  it('and shows no progress is lost at that limit', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => (n === 7 ? { kind: 'hang' } : value(n)) }),
    );
    await worker.start();
    const silent = { limits: { sliceTimeoutMs: 86_400_000, noProgressMs: 500 } };
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 9, package: silent });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toMatchObject(Array(3).fill({ sliceNumber: 7, code: 'NO_PROGRESS' }));
  });
});

describe('a slice that is silent for longer than its job allows', () => {
  const limits = { sliceTimeoutMs: 86_400_000, noProgressMs: 300_000 };
  const after = (ms: number, isBusy: boolean): WorkerFixture =>
    on(createWorkerFixture({ slice: (n) => ({ kind: 'value', value: n, ms, isBusy }) }));

  it('and computes completes, and the scheduler receives progress and keeps its lease', async () => {
    const { clock, scheduler, worker } = after(20 * 60_000, true);
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1, package: { limits } });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toEqual([]);
    const signs = scheduler.tap.received.filter(({ type }) => type === 'slice.progress');
    expect(signs.length).toBeGreaterThan(3);
  });

  it('and does not compute is lost', async () => {
    const { clock, scheduler, worker } = after(20 * 60_000, false);
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1, package: { limits } });
    await clock.runUntil(() => scheduler.losses.length > 0);
    expect(scheduler.losses).toMatchObject([{ sliceNumber: 1, code: 'NO_PROGRESS' }]);
    expect(clock.monotonicMs()).toBeLessThan(6 * 60_000);
  });

  it('and computes is ended at its time limit', async () => {
    const { clock, scheduler, worker } = after(20 * 60_000, true);
    await worker.start();
    const short = { limits: { ...limits, sliceTimeoutMs: 10 * 60_000 } };
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1, package: short });
    await clock.runUntil(() => scheduler.losses.length > 0);
    expect(scheduler.losses).toMatchObject([{ sliceNumber: 1, code: 'SLICE_TIMEOUT' }]);
  });
});

describe('a sandbox that cannot be set up', () => {
  it('because the job does not load charges the job an attempt', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture({ assign: () => 'refuse' }));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    // No other worker could load it.
    await clock.runUntil(() => scheduler.job.runStatus === 'cancelled');
    expect(scheduler.losses).toHaveLength(3);
    expect(scheduler.losses[0]).toMatchObject({ code: 'ASSIGN_FAILED', message: 'SyntaxError: no' });
  });

  it('because it crashes or hangs during the assignment charges the job too', async () => {
    const how = ['crash', 'hang'] as const;
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ assign: (start) => how[start - 1] ?? 'assigned' }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toMatchObject([{ code: 'ASSIGN_FAILED' }, { code: 'ASSIGN_FAILED' }]);
    expect(scheduler.losses[1]!.message).toContain('within 120 s');
  });

  it.each([
    ['others beside it took it with them', 'crash-with-others'],
    ['a module was not compiled for it', 'unable'],
  ] as const)('because %s costs nobody, and the next one is had', async (_why, how) => {
    const { clock, scheduler, worker } = on(
      // A prewarmed sandbox would be replaced by another without a return.
      createWorkerFixture({ assign: (start) => (start <= 2 ? how : 'assigned') }, { policy: 'cold' }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toEqual([]);
    expect(scheduler.releases).toHaveLength(2);
  });

  it('because of this machine charges nobody, and the worker tries again later', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ starts: (start, owner) => owner.startsWith('prewarmed:test') || start > 3 }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toEqual([]);
    expect(scheduler.releases).toHaveLength(3);
    expect(clock.monotonicMs()).toBeGreaterThan(250 + 500 + 1_000 - 300);
  });
});

describe('a hostile sandbox', () => {
  const segment = (n: number): Uint8Array => {
    const writer = new SegmentWriter();
    for (let i = 0; i < n; i++) writer.appendValue(i);
    return writer.finish();
  };
  const lies: [string, (m: Record<string, unknown>) => unknown[]][] = [
    ['outcomes twice', (m) => [m, m]],
    ['outcomes of slices to come', (m) => [{ ...m, first: (m.first as number) + 1 }]],
    ['outcomes of another batch', (m) => [{ ...m, batch: (m.batch as number) + 1 }]],
    ['more outcomes than slices', (m) => [{ ...m, count: 60_000, segment: segment(60_000) }]],
    ['a count that its segment has not', (m) => [{ ...m, segment: segment((m.count as number) + 1) }]],
    ['outcomes that are no segment', (m) => [{ ...m, segment: new Uint8Array(100) }]],
    ['text for bytes', (m) => [{ ...m, segment: 'bytes' }]],
    ['shared memory', (m) => [{ ...m, segment: new Uint8Array(new SharedArrayBuffer(64)) }]],
    ['a number that is none', (m) => [{ ...m, computeMs: NaN }]],
    ['no message', () => [null]],
    ['an unknown message', () => [{ type: 'lease.report' }]],
    ['that it is assigned, again', (m) => [{ type: 'assigned' }, m]],
    [
      'a flood',
      (m) => [...Array.from({ length: 20_000 }, () => ({ type: 'progress', sliceNumber: m.first })), m],
    ],
  ];

  it.each(lies)('that posts %s is killed, and its slices run elsewhere', async (_what, lie) => {
    let lied = false;
    const { clock, scheduler, worker, host } = on(
      createWorkerFixture({
        slice: value,
        post: (message) => {
          const m = message as Record<string, unknown>;
          if (m.type !== 'outcomes' || lied || m.first === 1) return [message];
          lied = true;
          return lie(m);
        },
      }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 100 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(lied).toBe(true);
    expect(host.started).toBe(2);
    expect(scheduler.losses).toEqual([]);
    expect(await scheduler.values(JOB)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('that posts too much has its console output and progress limited by rate', async () => {
    const { clock, scheduler, worker, host, events } = on(
      createWorkerFixture({
        slice: (n) => ({ kind: 'value', value: n, ms: 1_000 }),
        post: (message) => {
          const m = message as Record<string, unknown>;
          if (m.type !== 'outcomes') return [message];
          const word = { type: 'console', sliceNumber: m.first, level: 'log', message: 'x'.repeat(100) };
          const sign = { type: 'progress', sliceNumber: m.first, progress: 0.5 };
          return [...Array.from({ length: 500 }, () => [word, sign]).flat(), message];
        },
      }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const words = scheduler.tap.received.filter((m) => m.type === 'slice.console').length;
    expect(words).toBeGreaterThanOrEqual(100);
    expect(words).toBeLessThanOrEqual(100 * 6);
    expect(scheduler.tap.received.filter((m) => m.type === 'slice.progress').length).toBeLessThanOrEqual(5);
    expect(host.started).toBe(1);
    expect(events.some((e) => e.name === 'console')).toBe(true);
  });

  it('that prints long texts has the console bytes of its worker limited', async () => {
    const text = 'x'.repeat(60_000);
    const { clock, scheduler, worker } = on(
      createWorkerFixture({
        slice: (n) => ({ kind: 'value', value: n, ms: 1_000 }),
        post: (message) => {
          const m = message as Record<string, unknown>;
          if (m.type !== 'outcomes') return [message];
          const word = { type: 'console', sliceNumber: m.first, level: 'log', message: text };
          return [...Array.from({ length: 40 }, () => word), message];
        },
      }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const heard = scheduler.tap.received.filter((m) => m.type === 'slice.console').length * text.length;
    // A burst of 1 MiB, and 256 KiB for each second since.
    expect(heard).toBeGreaterThan(1024 * 1024 - text.length);
    expect(heard).toBeLessThanOrEqual(1024 * 1024 + 256 * clock.monotonicMs() * 1.024);
  });

  it('that reports before it is assigned charges the job an attempt', async () => {
    let lied = false;
    const { clock, scheduler, worker } = on(
      createWorkerFixture({
        slice: value,
        post: (message) => {
          if (lied) return [message];
          lied = true;
          return [
            { type: 'outcomes', batch: 1, first: 1, count: 1, segment: segment(1), computeMs: 0, done: true },
          ];
        },
      }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toMatchObject([{ code: 'ASSIGN_FAILED' }]);
  });
});
