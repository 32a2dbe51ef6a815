import { describe, expect, it, vi } from 'vitest';
import { isError } from '../../lib/errors.js';
import {
  createWorkerFixture,
  jobId,
  leasesHeld,
  outcomeCount,
  OWNER,
  slicesTaking,
  startedFixtures,
  STRANGER,
  trackFixtures,
  type WorkerFixture,
} from '../../testing/worker/worker-fixture.js';
import { groupAddress } from '../../wallet/group-proof.js';
import { hashSecret } from '../../wallet/group-credential.js';
import { AUTHORIZE_MS_MAX } from './admission.js';
import { CLOSE_GRACE_MS } from '../core/owner-limits.js';

const JOB = jobId('squares');
const OTHER = jobId('other');
const EVERYBODY = { owners: [OWNER, STRANGER] };

const start = startedFixtures();
const keep = trackFixtures();

describe('pausing', () => {
  it('hands back what has not begun at once, and takes no more until every reason is gone', async () => {
    const on = await start(slicesTaking(20), { cores: 2 });
    const { clock, scheduler, worker, names } = on;
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 1_000 });
    await clock.runUntil(() => outcomeCount(on, JOB) > 30);
    worker.pause('battery');
    worker.pause('battery');
    worker.pause();
    await clock.advance(0);
    expect(scheduler.releases.length).toBeGreaterThan(0);
    await clock.advance(CLOSE_GRACE_MS);
    expect(leasesHeld(on)).toBe(0);
    // What a job left behind in its sandbox would go on.
    expect(on.host.alive).toBe(0);
    expect(worker.paused).toEqual(['battery', 'user']);
    const before = outcomeCount(on, JOB);
    worker.unpause();
    worker.unpause('nothing');
    await clock.advance(5_000);
    expect(outcomeCount(on, JOB)).toBe(before);
    expect(scheduler.openRequests).toEqual([]);
    worker.unpause('battery');
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(names().filter((n) => n === 'pause' || n === 'unpause')).toEqual([
      'pause',
      'pause',
      'unpause',
      'unpause',
    ]);
  });

  it('does not wait for a slice that takes longer than a second, nor charge for it', async () => {
    const on = await start(slicesTaking(30_000), { policy: 'cold' });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 2 });
    await clock.runUntil(() => host.alive === 1 && host.runs.size > 0);
    worker.pause();
    await clock.advance(CLOSE_GRACE_MS + 200);
    expect(leasesHeld(on)).toBe(0);
    expect(host.alive).toBe(0);
    expect(scheduler.losses).toEqual([]);
    worker.unpause();
    await clock.runUntil(() => scheduler.isComplete(JOB));
  });

  it('holds from before the start', async () => {
    const made = keep(createWorkerFixture());
    made.worker.pause('metered');
    await made.worker.start();
    await made.scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
    await made.clock.advance(1_000);
    expect(made.scheduler.openRequests).toEqual([]);
    made.worker.unpause('metered');
    await made.clock.runUntil(() => made.scheduler.isComplete(JOB));
  });
});

describe('options that change while it lives', () => {
  it('more cores start at once, fewer hand back and end', async () => {
    const on = await start(slicesTaking(20), { cores: 1, policy: 'cold' });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5_000 });
    await clock.runUntil(() => outcomeCount(on, JOB) > 10);
    worker.options.cores = 4;
    await clock.runUntil(() => host.alive === 4);
    expect(scheduler.descriptions.at(-1)!.sandboxes).toBe(4);
    expect(worker.status.sandboxes).toHaveLength(4);
    worker.options.cores = 2;
    await clock.advance(CLOSE_GRACE_MS + 200);
    expect(host.alive).toBe(2);
    expect(leasesHeld(on)).toBeLessThanOrEqual(4);
    expect(worker.status.sandboxes).toHaveLength(2);
    worker.options.cores = 3;
    await clock.runUntil(() => host.alive === 3);
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect([...host.runs.values()].every((runs) => runs <= 2)).toBe(true);
  });

  it('a share of a half takes about twice as long', async () => {
    const on = await start(slicesTaking(10));
    const { clock, scheduler, worker } = on;
    const time = async (share: number, job: string): Promise<number> => {
      worker.options.share = share;
      const began = clock.monotonicMs();
      await scheduler.addJob({ jobId: job, owner: OWNER, total: 1_000 });
      await clock.runUntil(() => scheduler.isComplete(job));
      return clock.monotonicMs() - began;
    };
    const whole = await time(1, JOB);
    const half = await time(0.5, OTHER);
    const tenth = await time(0.1, jobId('tenth'));
    expect(half / whole).toBeGreaterThan(1.85);
    expect(half / whole).toBeLessThan(2.2);
    expect(tenth / whole).toBeGreaterThan(9);
    expect(tenth / whole).toBeLessThan(11);
  });

  it('tell the scheduler what it takes now, never a secret', async () => {
    const { clock, scheduler, worker } = await start();
    worker.options.paymentAddress = STRANGER;
    worker.options.minimumPrice = 7n;
    worker.options.groups = [{ key: 'lab', secret: 'hush' }];
    worker.options.jobs = [JOB];
    const secretHash = hashSecret('hush');
    const groups = [{ key: 'lab', address: await groupAddress({ key: 'lab', secretHash }) }];
    await vi.waitFor(async () => {
      await clock.advance(0);
      expect(scheduler.descriptions.at(-1)).toMatchObject({
        workerId: worker.id,
        paymentAddress: STRANGER,
        minimumPrice: 7n,
        groups,
        jobs: [JOB],
      });
    });
    expect(scheduler.tap.received.find(({ type }) => type === 'group.prove')).toMatchObject({
      proofs: groups,
    });
    expect(JSON.stringify(scheduler.tap.received, (_, v: unknown) => String(v))).not.toContain(secretHash);
    expect(worker.options.groups).toEqual([{ joinKey: 'lab', joinHash: secretHash }]);
  });

  it('are said in one message where they change all the time, and none is lost', async () => {
    const { clock, scheduler, worker } = await start();
    for (let price = 1n; price <= 200n; price++) worker.options.minimumPrice = price;
    await clock.advance(1_000);
    expect(scheduler.descriptions.at(-1)!.minimumPrice).toBe(200n);
    expect(scheduler.tap.received.filter(({ type }) => type === 'worker.update').length).toBeLessThan(13);
  });

  it('that change while the connection is away are in the next hello', async () => {
    const { clock, scheduler, worker } = await start();
    scheduler.tap.disconnectAll();
    await clock.advance(0);
    worker.options.minimumPrice = 9n;
    await clock.runUntil(() => scheduler.tap.connections.size > 0);
    await clock.advance(1_000);
    expect(scheduler.descriptions.at(-1)!.minimumPrice).toBe(9n);
  });

  it.each<[string, (worker: WorkerFixture['worker']) => void]>([
    ['cores', ({ options }) => (options.cores = 0)],
    ['share', ({ options }) => (options.share = 1.5)],
    ['allowOrigins', ({ options }) => (options.allowOrigins = ['example.com'])],
    ['allowOrigins', ({ options }) => (options.allowOrigins = ['https://example.com/a'])],
    ['allowOrigins', ({ options }) => (options.allowOrigins = [`https://${'a.'.repeat(147)}`])],
    ['bytesPerDay', ({ options }) => (options.bytesPerDay = -1)],
    ['blockedOwners', ({ options }) => (options.blockedOwners = ['0x1'])],
    ['authorize', ({ options }) => Object.assign(options, { authorize: true })],
    ['owner', (worker) => worker.block({ owner: 'me' })],
    ['jobId', (worker) => worker.block({ jobId: 'x' })],
  ])('refuse a wrong %s, and stay as they are', async (option, change) => {
    const { worker } = await start();
    const before = worker.options.share;
    try {
      change(worker);
      expect.unreachable();
    } catch (error) {
      expect(isError(error, 'INVALID_ARGUMENT') && error.info).toMatchObject({ option });
    }
    expect(worker.options.share).toBe(before);
  });

  it('are copies: a list is changed by setting another', async () => {
    const { worker } = await start({}, { allowOrigins: ['https://Example.com/'] });
    (worker.options.allowOrigins as string[]).push('https://elsewhere.org');
    expect(worker.options.allowOrigins).toEqual(['https://example.com']);
  });
});

describe('blocking', () => {
  it('a job stops it in the middle of a slice, hands it back uncharged, and is not offered it again', async () => {
    const on = await start(slicesTaking(60_000), { cores: 2, policy: 'cold' });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10 });
    await clock.runUntil(() => host.runs.size === 2);
    worker.block({ jobId: JOB });
    await clock.advance(200);
    expect(host.alive).toBe(0);
    expect(leasesHeld(on)).toBe(0);
    expect(scheduler.losses).toEqual([]);
    expect(scheduler.descriptions.at(-1)!.blockedJobs).toEqual([JOB]);
    await clock.advance(10_000);
    expect(leasesHeld(on)).toBe(0);
    worker.options.blockedJobs = [];
    await clock.runUntil(() => leasesHeld(on) > 0);
  });

  it('an owner stops all of its jobs and leaves the others', async () => {
    const on = await start(slicesTaking(20), { cores: 2, policy: 'cold', ...EVERYBODY });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 400 });
    await clock.runUntil(() => outcomeCount(on, JOB) > 10);
    await scheduler.addJob({ jobId: OTHER, owner: OWNER, total: 100 });
    worker.block({ owner: STRANGER.toUpperCase().replace('X', 'x') });
    await clock.runUntil(() => scheduler.isComplete(OTHER));
    expect(scheduler.isComplete(JOB)).toBe(false);
    expect(scheduler.descriptions.at(-1)!.blockedOwners).toEqual([STRANGER]);
    expect(worker.status.sandboxes.every(({ jobId: id }) => id !== JOB)).toBe(true);
    expect(host.alive).toBeLessThanOrEqual(2);
  });

  it('holds against a scheduler that offers it all the same', async () => {
    const on = await start({}, { ...EVERYBODY, blockedOwners: [STRANGER] });
    const { clock, scheduler, worker, host } = on;
    scheduler.changeDescriptions((described) => ({ ...described, blockedJobs: [], blockedOwners: [] }));
    scheduler.tap.disconnectAll();
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 10 });
    await clock.advance(2_000);
    const before = scheduler.releases.length;
    expect(before).toBeGreaterThan(0);
    worker.block({ jobId: JOB });
    await clock.advance(2_000);
    expect(scheduler.releases.length).toBeGreaterThan(before);
    expect(outcomeCount(on, JOB)).toBe(0);
    expect(host.runs.size).toBe(0);
  });
});

describe('admission', () => {
  it('asks once for each owner, before a sandbox is there; meanwhile other work goes on', async () => {
    const asked: unknown[] = [];
    let answer: (isWelcome: boolean) => void = () => undefined;
    const authorize = vi.fn((who: { owner: string }) => {
      asked.push(who);
      return who.owner === OWNER || new Promise<boolean>((resolve) => (answer = resolve));
    });
    const on = await start(slicesTaking(10), { ...EVERYBODY, authorize });
    const { clock, scheduler, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 20 });
    await scheduler.addJob({ jobId: jobId('second'), owner: STRANGER, total: 20 });
    await clock.runUntil(() => asked.length === 1);
    expect(asked).toEqual([
      {
        owner: STRANGER,
        jobId: JOB,
        public: { name: 'squares', description: 'Squares numbers.', link: '' },
      },
    ]);
    expect(host.started).toBe(0);
    await scheduler.addJob({ jobId: OTHER, owner: OWNER, total: 50 });
    await clock.runUntil(() => scheduler.isComplete(OTHER));
    expect(outcomeCount(on, JOB)).toBe(0);
    answer(true);
    await clock.runUntil(() => scheduler.isComplete(JOB) && scheduler.isComplete(jobId('second')));
    expect(authorize).toHaveBeenCalledTimes(2);
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['no', () => false],
    ['a later no', () => Promise.resolve(false)],
    ['an error', () => Promise.reject(new Error('the page is gone'))],
    ['something else than true', () => 'yes' as unknown as boolean],
    ['no answer in time', () => new Promise<boolean>(() => undefined)],
  ])('keeps an owner out after %s', async (_what, authorize) => {
    const on = await start({}, { ...EVERYBODY, authorize });
    const { clock, scheduler, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 20 });
    await clock.advance(AUTHORIZE_MS_MAX + 1_000);
    await scheduler.addJob({ jobId: OTHER, owner: STRANGER, total: 20 });
    await clock.advance(10_000);
    expect(host.started).toBe(0);
    expect(leasesHeld(on)).toBe(0);
    expect(scheduler.descriptions.at(-1)).toMatchObject({ blockedJobs: [], blockedOwners: [STRANGER] });
  });
});

describe('admission that changes while jobs run', () => {
  it('asks about who is here when it is switched on; what is not let in stops and goes back', async () => {
    const on = await start(slicesTaking(60_000), { ...EVERYBODY, cores: 2 });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: OTHER, owner: OWNER, total: 1 });
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 1 });
    await clock.runUntil(() => host.alive === 2 && worker.status.sandboxes.every((s) => s.state === 'ready'));
    const authorize = vi.fn(({ owner }: { owner: string }) => owner === OWNER);
    worker.options.authorize = authorize;
    expect(authorize).toHaveBeenCalledTimes(2);
    await clock.advance(200);
    const { sandboxes } = worker.status;
    expect(sandboxes.some((s) => s.state === 'ready' && s.owner === OWNER)).toBe(true);
    expect(sandboxes.some((s) => s.state === 'ready' && s.owner === STRANGER)).toBe(false);
    expect(scheduler.leases.map(({ job }) => job.jobId)).toEqual([OTHER]);
    expect(scheduler.losses).toEqual([]);
    expect(scheduler.descriptions.at(-1)!.blockedOwners).toEqual([STRANGER]);
    worker.options.authorize = undefined;
    await clock.runUntil(() => scheduler.isComplete(JOB));
  });

  it('waits for a later answer with nothing of that owner at work, and does not take an older answer for it', async () => {
    const answers: ((isWelcome: boolean) => void)[] = [];
    const authorize = (): Promise<boolean> => new Promise<boolean>((resolve) => answers.push(resolve));
    const on = await start(slicesTaking(20), { ...EVERYBODY, authorize });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: STRANGER, total: 2_000 });
    await clock.runUntil(() => answers.length === 1);
    worker.reauthorize();
    await clock.runUntil(() => answers.length === 2);
    answers[0]!(true);
    await clock.advance(1_000);
    expect(host.started).toBe(0);
    answers[1]!(true);
    await clock.runUntil(() => outcomeCount(on, JOB) > 20);
    worker.reauthorize();
    await clock.advance(0);
    expect(answers).toHaveLength(3);
    const before = outcomeCount(on, JOB);
    await clock.advance(5_000);
    expect(outcomeCount(on, JOB)).toBe(before);
    expect(host.alive).toBe(0);
    expect(leasesHeld(on)).toBe(0);
    answers[2]!(true);
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toEqual([]);
  });

  it('ends what is kept warm of an owner who is asked about, and asks again whom it had refused', async () => {
    const welcome = new Set<string>([OWNER]);
    const authorize = ({ owner }: { owner: string }): boolean => welcome.has(owner);
    const on = await start(slicesTaking(10), { ...EVERYBODY, authorize });
    const { clock, scheduler, worker, host } = on;
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10 });
    await scheduler.addJob({ jobId: OTHER, owner: STRANGER, total: 10 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    await clock.advance(1_000);
    expect(host.alive).toBe(1);
    welcome.clear();
    welcome.add(STRANGER);
    worker.reauthorize();
    await clock.runUntil(() => scheduler.isComplete(OTHER));
    expect(host.alive).toBe(1);
    expect(scheduler.descriptions.at(-1)!.blockedOwners).toEqual([OWNER]);
  });
});

describe('bytes in a day', () => {
  it('count what comes and goes; at the cap the worker rests until midnight UTC', async () => {
    const on = await start(slicesTaking(10), { bytesPerDay: 20_000 });
    const { clock, scheduler, worker, events } = on;
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5_000 });
    await clock.runUntil(() => worker.paused.includes('bytes'));
    expect(worker.status.bytesToday).toBeGreaterThanOrEqual(20_000);
    await clock.advance(CLOSE_GRACE_MS + 200);
    expect(leasesHeld(on)).toBe(0);
    const before = outcomeCount(on, JOB);
    await clock.advance(3_600_000);
    expect(outcomeCount(on, JOB)).toBe(before);
    const leftMs = 86_400_000 - (clock.wallMs() % 86_400_000);
    await clock.advance(leftMs + 1);
    expect(worker.paused).toEqual([]);
    await clock.runUntil(() => outcomeCount(on, JOB) > before);
    expect(events.filter(({ name }) => name === 'bytes').length).toBeGreaterThan(1);
    worker.options.bytesPerDay = undefined;
    await clock.runUntil(() => scheduler.isComplete(JOB));
  });
});

it('a worker reports the slices that it released, and whose job each sandbox runs', async () => {
  const on = await start(slicesTaking(100));
  const { clock, scheduler, worker, events } = on;
  await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 100 });
  await clock.runUntil(() => outcomeCount(on, JOB) > 2);
  expect(worker.status.sandboxes).toMatchObject([{ jobId: JOB, owner: OWNER, public: { name: 'squares' } }]);
  worker.pause();
  await clock.advance(CLOSE_GRACE_MS + 200);
  const returned = events.filter(({ name }) => name === 'return').map(({ payload }) => payload);
  const count = returned.reduce((sum: number, one) => sum + (one as { count: number }).count, 0);
  expect(returned).not.toEqual([]);
  const granted = scheduler.grants.reduce((sum, lease) => sum + lease.count, 0);
  expect(count + outcomeCount(on, JOB)).toBe(granted);
});
