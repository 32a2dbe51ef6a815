import { describe, expect, it } from 'vitest';
import { isError, ManyhandsError } from '../lib/errors.js';
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
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 95 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(await scheduler.values(JOB)).toEqual(squares(95));
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
    expect(scheduler.descriptions).toMatchObject([
      { workerId: worker.id, sandboxHost: 'thread', sandboxes: 3, owners: [OWNER], paymentAddress: STRANGER },
    ]);
    expect(scheduler.openRequests).toMatchObject([{ idle: true }, { idle: true }, { idle: true }]);
  });

  it('has its next lease before the current one ends, so that the sandbox is never idle', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture(slicesTaking(20)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 200 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    // One slice after the other without a pause.
    expect(clock.monotonicMs()).toBe(200 * 20);
    // The first two leases had no estimate of how long they last.
    const requests = scheduler.tap.requestsOfType('lease.request').slice(2, 5);
    expect(requests.map(({ idle, loadedJob }) => [idle, loadedJob])).toEqual(Array(3).fill([false, JOB]));
  });

  it('switches to a sandbox of another job, and back', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(5)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    await scheduler.addJob({ jobId: OTHER, owner: OWNER, total: 10 });
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
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const outcome = (await scheduler.outcomes(JOB)).get(3)!;
    expect(outcome.kind).toBe(ENVELOPE_KIND.error);
    expect(decodeError(outcome.body)).toBeInstanceOf(TypeError);
    expect(host.started).toBe(1);
  });

  it('counts its earnings', async () => {
    const { clock, scheduler, worker, events } = on(createWorkerFixture());
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 7, price: 5n });
    await clock.runUntil(() => worker.status.slices === 7);
    expect(worker.status.earned).toBe(35n);
    expect(events.filter((e) => e.name === 'payment')[0]!.payload).toEqual({ jobId: JOB, amount: 5n });
  });

  it('reports the state of its sandboxes', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture(slicesTaking(1_000)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    await clock.advance(500);
    expect(worker.status.sandboxes).toMatchObject([
      { sandbox: 0, state: 'ready', jobId: JOB, public: { name: 'squares' } },
    ]);
  });
});

describe('recalled and lost leases', () => {
  it('a recall releases half of the undispatched slices, and the rest runs', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(10)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1_000 });
    await clock.runUntil(() => scheduler.leases.some(({ next, last }) => last - next > 50));
    const { leaseId, next, last } = scheduler.leases.find((one) => one.last - one.next > 50)!;
    const undispatched = last - Math.max(next - 1, ...host.runs.keys());
    scheduler.recall(leaseId);
    await clock.advance(1);
    expect(scheduler.releases).toHaveLength(1);
    const released = last + 1 - scheduler.releases[0]!.from;
    expect(released / undispatched).toBeGreaterThan(0.4);
    expect(released / undispatched).toBeLessThan(0.6);
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(await scheduler.values(JOB)).toEqual(squares(1_000));
  });

  it('a revoked lease ends with its sandbox, and nothing of it is reported', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 20 });
    await clock.advance(450);
    expect(host.alive).toBe(1);
    const reports = (): number => scheduler.tap.requestsOfType('lease.report').length;
    const before = reports();
    await scheduler.pause('a test');
    await clock.advance(1_000);
    expect(host.alive).toBe(0);
    expect(reports()).toBe(before);
    await scheduler.resume();
    await clock.runUntil(() => scheduler.isComplete(JOB));
  });

  it('a lease that the scheduler does not know is detected by its renewal, and ends', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(600_000)));
    await worker.start();
    const limits = { sliceTimeoutMs: 86_400_000, noProgressMs: 86_400_000 };
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1, package: { limits } });
    await clock.advance(1_000);
    await scheduler.endLeasesSilently(JOB);
    expect(host.alive).toBe(1);
    const renewals = (): number => scheduler.tap.requestsOfType('lease.renew').length;
    await clock.runUntil(() => renewals() > 0);
    await clock.advance(0);
    expect(host.alive).toBe(0);
  });

  it('a grant that arrives twice is one lease', async () => {
    const { clock, scheduler, worker, names } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
    await clock.advance(50);
    const granted = scheduler.tap.sent.find((m) => m.type === 'lease.grant')!;
    scheduler.tap.broadcast(granted);
    const fetched = names().filter((n) => n === 'fetch').length;
    await clock.advance(1);
    expect(names().filter((n) => n === 'fetch')).toHaveLength(fetched);
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(await scheduler.values(JOB)).toEqual(squares(5));
    expect(scheduler.releases).toEqual([]);
  });

  it('a refused report ends the lease, and the worker continues', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture(slicesTaking(10)));
    await worker.start();
    let reports = 0;
    scheduler.tap.beforeRequest = ({ type }) => {
      if (type === 'lease.report' && ++reports === 2) throw new ManyhandsError('LEASE_LOST', 'not yours');
    };
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 50 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(await scheduler.values(JOB)).toEqual(squares(50));
  });
});

describe('a lost connection', () => {
  it('loses and repeats nothing: reports in flight and lease requests are sent again', async () => {
    const { clock, scheduler, worker, names } = on(createWorkerFixture(slicesTaking(10)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 300 });
    let replies = 0;
    let faults = 0;
    scheduler.tap.changeMessage = (message) => {
      if (message.type === 'reply') replies++;
      return [message];
    };
    // Accepted, with the reply lost with the connection; or not even received.
    scheduler.tap.beforeRequest = ({ type }) => {
      if (type !== 'lease.report' || replies < 3) return;
      replies = 0;
      if (++faults % 2 > 0) return scheduler.tap.disconnectAll();
      clock.after(1, () => scheduler.tap.disconnectAll());
      return 'lost';
    };
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(await scheduler.values(JOB)).toEqual(squares(300));
    expect(names().filter((n) => n === 'disconnect').length).toBeGreaterThan(3);
    expect(names().filter((n) => n === 'connect').length).toBeGreaterThan(3);
  });

  it('does not stop the sandbox until too much is unacknowledged', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture(slicesTaking(100), {}, { tuning: { unackedReportsMax: 4 } }),
    );
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 30 });
    scheduler.tap.beforeRequest = ({ type }) => (type === 'lease.report' ? 'lost' : undefined);
    await clock.advance(2_900);
    expect(scheduler.tap.received.filter((m) => m.type === 'lease.report').length).toBeLessThanOrEqual(6);
  });

  it('before the first one rejects the start', async () => {
    const { worker, clock, scheduler } = createWorkerFixture();
    scheduler.tap.refusesConnections = true;
    await expect(clock.runUntil(worker.start())).rejects.toSatisfy((e) => isError(e, 'CONNECT_FAILED'));
    expect(worker.state).toBe('stopped');
    await expect(worker.start()).rejects.toSatisfy((e) => isError(e, 'INVALID_ARGUMENT'));
  });

  it('after a goodbye stops the worker with an error', async () => {
    const { clock, scheduler, worker, names, host } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 30 });
    await clock.advance(50);
    scheduler.tap.broadcast({ type: 'goodbye', error: { code: 'FORBIDDEN', message: 'Not you.' } });
    await clock.advance(0);
    scheduler.tap.disconnectAll();
    await clock.runUntil(() => worker.state === 'stopped');
    expect(names()).toContain('error');
    expect(host.alive).toBe(0);
  });
});

describe('stopping', () => {
  it('finishes the dispatched slices, releases the rest, and disconnects', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture(slicesTaking(100)));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 40 });
    await clock.advance(550);
    const begun = host.runs.size;
    await clock.runUntil(worker.stop());
    expect(scheduler.releases.length).toBeGreaterThan(0);
    expect(scheduler.outcomeCount(JOB)).toBeGreaterThanOrEqual(begun);
    expect(scheduler.outcomeCount(JOB)).toBe(host.runs.size);
    expect(scheduler.leases.length).toBe(0);
    expect(scheduler.tap.connections.size).toBe(0);
    expect(host.closed).toBe(true);
  });

  it('waits for the grace period only, and then releases everything', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture({ slice: () => ({ kind: 'hang' }) }));
    await worker.start();
    await scheduler.addJob({
      jobId: JOB,
      owner: OWNER,
      total: 4,
      package: { limits: { sliceTimeoutMs: 86_400_000, noProgressMs: 86_400_000 } },
    });
    await clock.advance(100);
    const startedMs = clock.monotonicMs();
    await clock.runUntil(worker.stop());
    expect(clock.monotonicMs() - startedMs).toBe(5_000);
    expect(scheduler.leases.length).toBe(0);
  });

  it('by force kills at once, also as a second call', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture({ slice: () => ({ kind: 'hang' }) }));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 4 });
    await clock.advance(100);
    const startedMs = clock.monotonicMs();
    const gentle = worker.stop();
    await clock.advance(10);
    expect(host.alive).toBe(1);
    await clock.runUntil(Promise.all([gentle, worker.stop({ force: true })]));
    expect(clock.monotonicMs() - startedMs).toBe(10);
    expect(scheduler.leases.length).toBe(0);
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
    await two.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 9 });
    await two.clock.advance(50);
    leave();
    await two.clock.advance(0);
    expect(two.scheduler.leases.length).toBe(0);
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
    scheduler.changeDescriptions(({ owners: _, ...worker }) => worker);
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 3 });
    await clock.runUntil(() => scheduler.releases.length > 0);
    expect(host.started).toBe(0);
    expect(scheduler.releases[0]!.reason).toContain(STRANGER);
    expect(events.filter((e) => e.name === 'warning')).toHaveLength(1);
  });

  it('are those that the options name', async () => {
    const { clock, scheduler, worker } = on(createWorkerFixture({}, { owners: [STRANGER] }));
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 3 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
  });

  it('have the package digest that the lease names', async () => {
    const { clock, scheduler, worker, host } = on(createWorkerFixture());
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    const forged = { packageDigest: 'f'.repeat(64) };
    scheduler.tap.changeMessage = (m) => [
      m.type === 'lease.grant' ? { ...m, lease: { ...m.lease, ...forged } } : m,
    ];
    await worker.start();
    await clock.runUntil(() => scheduler.losses.length > 0);
    expect(host.started).toBe(0);
    expect(scheduler.losses[0]!.message).toContain('digest');
  });
});
