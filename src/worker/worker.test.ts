import { describe, expect, it } from 'vitest';
import { isError } from '../lib/errors.js';
import { decodeError, ENVELOPE_KIND } from '../protocol/segment/envelope.js';
import {
  jobId,
  OWNER,
  createWorkerFixture,
  slicesTaking,
  trackFixtures,
  STRANGER,
} from '../testing/worker/worker-fixture.js';

const JOB = jobId('squares');
const OTHER = jobId('other');

function squares(n: number): number[] {
  return Array.from({ length: n }, (_, i) => (i + 1) ** 2);
}

const on = trackFixtures();

describe('a running worker', () => {
  it('runs a job from its first lease to its last, in one sandbox, each slice once', async () => {
    const { clock, scheduler, worker, host, names } = on(createWorkerFixture());
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 95, sliceMs: 1 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.values(JOB)).toEqual(squares(95));
    expect([...host.runs.values()].every((runs) => runs === 1)).toBe(true);
    expect(host.started).toBe(1);
    await clock.runUntil(worker.stop());
    expect(worker.status).toMatchObject({ slices: 95, earned: 0n });
    expect(worker.state).toBe('stopped');
    expect(host.alive).toBe(0);
    expect(names().filter((n) => ['start', 'job', 'stop'].includes(n))).toEqual(['start', 'job', 'stop']);
  });

  it('describes itself, and requests one lease for each sandbox', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({}, { cores: 3, paymentAddress: STRANGER.toUpperCase().replace('X', 'x') }),
    );
    await worker.start();
    await clock.advance(0);
    expect(scheduler.workers).toMatchObject([
      { workerId: worker.id, sandboxHost: 'thread', sandboxes: 3, owners: [OWNER], paymentAddress: STRANGER },
    ]);
    expect(scheduler.pendingLeaseRequests).toMatchObject([{ idle: true }, { idle: true }, { idle: true }]);
  });

  it('has its next lease before the current one ends, so that the sandbox is never idle', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture(slicesTaking(20)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 200, slicesPerLease: 50, sliceMs: 20 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    // One slice after the other without a pause.
    expect(clock.monotonicMs()).toBe(200 * 20);
    const wants = scheduler.received.filter((m) => m.type === 'lease.request');
    expect(wants.slice(1, 4).every((m) => m.type === 'lease.request' && !m.idle && m.loadedJob === JOB)).toBe(
      true,
    );
  });

  it('switches to a sandbox of another job, and back', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(5)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10, sliceMs: 5 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    scheduler.addJob({ jobId: OTHER, owner: OWNER, total: 10, sliceMs: 5 });
    await clock.runUntil(() => scheduler.isComplete(OTHER));
    // The sandbox of the first job waits for its next lease.
    expect(host.started).toBe(2);
    expect(host.alive).toBe(2);
  });

  it('reports errors that work functions throw, and the sandbox continues', async () => {
    const error = new TypeError('three is too many');
    const { clock, scheduler, worker, host } = on(
      createWorkerFixture({
        slice: (n) => (n === 3 ? { kind: 'throw', error } : { kind: 'value', value: n }),
      }),
    );
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const outcome = scheduler.outcomes.get(JOB)!.get(3)!;
    expect(outcome.kind).toBe(ENVELOPE_KIND.error);
    expect(decodeError(outcome.body)).toBeInstanceOf(TypeError);
    expect(host.started).toBe(1);
  });

  it('counts its earnings', async () => {
    const { clock, scheduler, worker, events } = on(createWorkerFixture());
    scheduler.price = 5n;
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 7 });
    await clock.runUntil(() => worker.status.slices === 7);
    expect(worker.status.earned).toBe(35n);
    expect(events.filter((e) => e.name === 'payment')[0]!.payload).toEqual({ jobId: JOB, amount: 5n });
  });

  it('reports the state of its sandboxes', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture(slicesTaking(1_000)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3, sliceMs: 1_000 });
    await clock.advance(500);
    expect(worker.status.sandboxes).toMatchObject([
      { sandbox: 0, state: 'ready', jobId: JOB, public: { name: 'squares' } },
    ]);
  });
});

describe('recalled and lost leases', () => {
  it('a recall releases half of the undispatched slices, and the rest runs', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture(slicesTaking(10)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 100, slicesPerLease: 100, sliceMs: 10 });
    await clock.advance(100);
    scheduler.grantsLeases = false;
    scheduler.recall(scheduler.leaseOf(JOB, 100)!);
    await clock.advance(1);
    expect(scheduler.returns).toHaveLength(1);
    expect(scheduler.returns[0]!.from).toBeGreaterThan(50);
    expect(scheduler.returns[0]!.from).toBeLessThan(80);
    scheduler.grantsLeases = true;
    scheduler.grantPending();
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.values(JOB)).toEqual(squares(100));
  });

  it('a revoked lease ends with its sandbox, and nothing of it is reported', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 20, slicesPerLease: 20, sliceMs: 100 });
    await clock.advance(450);
    scheduler.grantsLeases = false;
    const revoked = scheduler.leaseOf(JOB, 20)!;
    const before = scheduler.reports.length;
    scheduler.revoke(revoked);
    await clock.advance(1_000);
    expect(host.alive).toBe(0);
    expect(scheduler.reports).toHaveLength(before);
    scheduler.grantsLeases = true;
    scheduler.grantPending();
    await clock.runUntil(() => scheduler.isComplete(JOB));
  });

  it('a lease that the scheduler does not know is detected by its renewal, and ends', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(50_000)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1, leaseMs: 60_000 });
    await clock.advance(1_000);
    scheduler.grantsLeases = false;
    scheduler.expire(scheduler.leaseOf(JOB, 1)!);
    await clock.advance(20_000);
    expect(scheduler.received.some((m) => m.type === 'lease.renew')).toBe(true);
    expect(host.alive).toBe(0);
  });

  it('a grant that arrives twice is one lease', async () => {
    const { clock, scheduler, worker, names } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5, sliceMs: 100 });
    await clock.advance(50);
    const [held] = [...scheduler.leases.values()];
    scheduler.broadcast({ type: 'lease.grant', request: 1, lease: held!.lease });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(names().filter((n) => n === 'fetch')).toHaveLength(1);
    expect(scheduler.returns).toEqual([]);
  });

  it('a refused report ends the lease, and the worker continues', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture(slicesTaking(10)));
    await worker.start();
    let refused = 0;
    scheduler.intercept = (request) => {
      if (request.type !== 'lease.report' || refused++ > 0) return true;
      scheduler.expire(request.leaseId);
      return true;
    };
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 50, slicesPerLease: 25, sliceMs: 10 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.values(JOB)).toEqual(squares(50));
  });
});

describe('a lost connection', () => {
  it('loses and repeats nothing: reports in flight and lease requests are sent again', async () => {
    const { clock, scheduler, worker, names } = on(createWorkerFixture(slicesTaking(10)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 300, slicesPerLease: 50, sliceMs: 10 });
    let reports = 0;
    // Accepted, with the reply lost with the connection; or not even received.
    scheduler.intercept = (request) => {
      if (request.type !== 'lease.report') return true;
      reports++;
      if (reports % 5 === 0) {
        scheduler.disconnectAll();
        return reports % 2 === 0;
      }
      return true;
    };
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.values(JOB)).toEqual(squares(300));
    expect(names().filter((n) => n === 'disconnect').length).toBeGreaterThan(3);
    expect(names().filter((n) => n === 'connect').length).toBeGreaterThan(3);
  });

  it('does not stop the sandbox until too much is unacknowledged', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture(slicesTaking(100), {}, { tuning: { unackedReportsMax: 4 } }),
    );
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 30, slicesPerLease: 30, sliceMs: 100 });
    scheduler.intercept = (request) => request.type !== 'lease.report';
    await clock.advance(2_900);
    expect(scheduler.received.filter((m) => m.type === 'lease.report').length).toBeLessThanOrEqual(6);
  });

  it('before the first one rejects the start', async () => {
    const { worker, clock } = createWorkerFixture({}, { scheduler: 'http://nobody:1' });
    await expect(clock.runUntil(worker.start())).rejects.toSatisfy((e) => isError(e, 'CONNECT_FAILED'));
    expect(worker.state).toBe('stopped');
    await expect(worker.start()).rejects.toSatisfy((e) => isError(e, 'INVALID_ARGUMENT'));
  });

  it('after a goodbye stops the worker with an error', async () => {
    const { clock, scheduler, worker, names, host } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 30, sliceMs: 100 });
    await clock.advance(50);
    scheduler.broadcast({ type: 'goodbye', error: { code: 'FORBIDDEN', message: 'Not you.' } });
    scheduler.disconnectAll();
    await clock.runUntil(() => worker.state === 'stopped');
    expect(names()).toContain('error');
    expect(host.alive).toBe(0);
  });
});

describe('stopping', () => {
  it('finishes the dispatched slices, releases the rest, and disconnects', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 40, slicesPerLease: 40, sliceMs: 100 });
    await clock.advance(550);
    const begun = host.runs.size;
    await clock.runUntil(worker.stop());
    expect(scheduler.returns.length).toBeGreaterThan(0);
    expect(scheduler.outcomes.get(JOB)!.size).toBeGreaterThanOrEqual(begun);
    expect(scheduler.outcomes.get(JOB)!.size).toBe(host.runs.size);
    expect(scheduler.leases.size).toBe(0);
    expect(scheduler.connections.size).toBe(0);
    expect(host.closed).toBe(true);
  });

  it('waits for the grace period only, and then releases everything', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture({ slice: () => ({ kind: 'hang' }) }));
    await worker.start();
    scheduler.addJob({
      jobId: JOB,
      owner: OWNER,
      total: 4,
      package: { limits: { sliceTimeoutMs: 86_400_000, noProgressMs: 86_400_000 } },
    });
    await clock.advance(100);
    const startedMs = clock.monotonicMs();
    await clock.runUntil(worker.stop());
    expect(clock.monotonicMs() - startedMs).toBe(5_000);
    expect(scheduler.leases.size).toBe(0);
  });

  it('by force kills at once, also as a second call', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture({ slice: () => ({ kind: 'hang' }) }));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 4 });
    await clock.advance(100);
    const startedMs = clock.monotonicMs();
    const gentle = worker.stop();
    await clock.advance(10);
    expect(host.alive).toBe(1);
    await clock.runUntil(Promise.all([gentle, worker.stop({ force: true })]));
    expect(clock.monotonicMs() - startedMs).toBe(10);
    expect(scheduler.leases.size).toBe(0);
  });

  it('happens when the signal aborts, or the page is unloaded', async () => {
    const stopping = new AbortController();
    const one = on(createWorkerFixture(slicesTaking(100), { signal: stopping.signal }));
    await one.worker.start();
    stopping.abort();
    await one.clock.runUntil(() => one.worker.state === 'stopped');

    let leave = (): void => undefined;
    const two = on(
      createWorkerFixture(slicesTaking(100), {}, { onLeave: (fn) => ((leave = fn), () => undefined) }),
    );
    await two.worker.start();
    two.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 9, sliceMs: 100 });
    await two.clock.advance(50);
    leave();
    await two.clock.advance(0);
    expect(two.scheduler.leases.size).toBe(0);
  });

  it('before the start is final too', async () => {
    const { worker } = createWorkerFixture();
    await worker.stop();
    expect(worker.state).toBe('stopped');
  });
});

describe('whose jobs run', () => {
  it('are only those of listed owners, whatever the scheduler sends', async () => {
    const { clock, scheduler, worker, host, events } = on(createWorkerFixture());
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 3 });
    await clock.runUntil(() => scheduler.returns.length > 0);
    expect(host.started).toBe(0);
    expect(scheduler.returns[0]!.reason).toContain(STRANGER);
    expect(events.filter((e) => e.name === 'warning')).toHaveLength(1);
  });

  it('are those that the options name', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture({}, { owners: [STRANGER] }));
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 3 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
  });

  it('have the package digest that the lease names', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture());
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    scheduler.setDigest(JOB, 'f'.repeat(64));
    await worker.start();
    await clock.runUntil(() => scheduler.losses.length > 0);
    expect(host.started).toBe(0);
    expect(scheduler.losses[0]!.message).toContain('digest');
  });
});
