import { beforeEach, expect, test } from 'vitest';
import { LEASES_PER_WORKER_MAX, RECALL_IGNORED_MS } from '../../protocol/limits.js';
import type { SchedulerMessage, WorkerDescription } from '../../protocol/messages/messages.js';
import { FakeLender, candidate } from '../../testing/worker/fake-lender.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { HeldLeases } from './lease-registry.js';
import { silent } from '../log/log.js';
import { Market, type Customer } from './matchmaker.js';
import { Eligibility } from '../policy/choose-job.js';
import { Tick } from '../commit/commit-queue.js';

let clock: VirtualClock;
let lender: FakeLender;
let leases: HeldLeases;
let market: Market;

beforeEach(() => {
  clock = new VirtualClock();
  lender = new FakeLender();
  leases = new HeldLeases();
  const tick = new Tick({
    store: lender,
    clock,
    defer: (fn) => void clock.after(0, fn),
    log: silent,
    onNotes: (notes) => market.wake([...notes.work.values()]),
  });
  market = new Market({
    tick,
    leases,
    eligibility: new Eligibility(),
    clock,
    random: new SeededRandom(1),
    log: silent,
  });
});

const settle = (): Promise<void> => clock.run();

interface Member extends Customer {
  heard: SchedulerMessage[];
}

function worker(name: string, extra: Partial<WorkerDescription> = {}): Member {
  const workerId = name.padEnd(22, '0');
  const heard: SchedulerMessage[] = [];
  const worktimes = [{ name: 'map-basic', version: '1.0.0' }];
  const description = { workerId, worktimes, isolation: 'thread' as const, sandboxes: 4, ...extra };
  return { workerId, heard, send: (message) => void heard.push(message), description };
}

const grants = (w: Member): number[] => w.heard.flatMap((m) => (m.type === 'lease.grant' ? [m.want] : []));
const recalls = (w: Member): string[] =>
  w.heard.flatMap((m) => (m.type === 'lease.recall' ? [m.leaseId] : []));

test('grants a want once, and parks what there is nothing for until there is', async () => {
  lender.slices = 1;
  const w = worker('a');
  market.add(w, { want: 1, idle: true });
  market.add(w, { want: 2, idle: true });
  await settle();
  expect(grants(w)).toEqual([1]);
  lender.slices = 5;
  market.wake([candidate({})]);
  market.wake([candidate({})]);
  await settle();
  expect(grants(w)).toEqual([1, 2]);
  expect(lender.slices).toBe(4);
  expect(lender.asked.filter(({ name }) => name === 'giveBack')).toEqual([]);
});

test('serves an idle sandbox before one that asks ahead, and passes its warm job on', async () => {
  const w = worker('a');
  market.add(w, { want: 1, idle: false });
  market.add(w, { want: 2, idle: true, warmth: { warm: 'warm job' } });
  await settle();
  lender.slices = 1;
  market.wake([candidate({})]);
  await settle();
  expect(grants(w)).toEqual([2]);
  expect(lender.asked.at(-2)).toMatchObject({ warmth: { warm: 'warm job' } });
});

test('gives a lease back whose want was taken back, or whose worker went, while the store worked on it', async () => {
  lender.slices = 1;
  const w = worker('a');
  market.add(w, { want: 1, idle: true });
  market.remove(w, 1);
  await settle();
  expect(grants(w)).toEqual([]);
  expect(lender.slices).toBe(1);
  market.add(w, { want: 2, idle: true });
  lender.onLease = () => market.drop(w);
  await settle();
  expect(grants(w)).toEqual([]);
  expect(lender.slices).toBe(1);
  expect(leases.size).toBe(0);
});

test('refuses more wants than a worker may have', () => {
  const w = worker('a');
  for (let want = 0; want < LEASES_PER_WORKER_MAX; want++) market.add(w, { want, idle: true });
  expect(() => market.add(w, { want: LEASES_PER_WORKER_MAX, idle: true })).toThrow('too many wants');
});

test('goes on with its other customers when the store fails for one', async () => {
  lender.slices = 2;
  lender.failures = 1;
  const [a, b] = [worker('a'), worker('b')];
  market.add(a, { want: 1, idle: true });
  market.add(b, { want: 1, idle: true });
  await settle();
  expect([...grants(a), ...grants(b)]).toEqual([1]);
  market.wake([candidate({})]);
  await settle();
  expect([...grants(a), ...grants(b)]).toEqual([1, 1]);
});

test('serves a worker whose request failed by itself, though nothing else happens', async () => {
  lender.slices = 1;
  lender.failures = 3;
  const w = worker('a');
  market.add(w, { want: 1, idle: true });
  await settle();
  expect(grants(w)).toEqual([]);
  await clock.advance(10_000);
  expect(grants(w)).toEqual([1]);
});

/** A worker with a long lease, which others may be given some of. */
function busy(): Member {
  const holder = worker('busy');
  leases.add(
    holder,
    { leaseId: 'long', next: 1, attempt: 1, last: 1_000, job: candidate({}), sliceMs: 10 },
    0,
  );
  return holder;
}

test('recalls the tail of a long lease for a worker that stands idle, not again at once', async () => {
  const holder = busy();
  market.add(worker('idle'), { want: 1, idle: true });
  await settle();
  expect(recalls(holder)).toEqual(['long']);
  await clock.advance(40);
  expect(recalls(holder)).toHaveLength(1);
  await clock.advance(400);
  expect(recalls(holder).length).toBeGreaterThan(1);
  market.close();
});

test('says to the holder whether the sandbox that waits has loaded the job', async () => {
  const holder = busy();
  market.add(worker('idle'), { want: 1, idle: true, warmth: { warmJobs: ['a job'] } });
  await settle();
  expect(holder.heard).toEqual([{ type: 'lease.recall', leaseId: 'long', isWarm: true }]);
  market.close();
});

test('a lease that comes back as a whole leaves its back-off to the next lease of its job', async () => {
  const holder = busy();
  market.add(worker('idle'), { want: 1, idle: true });
  await clock.advance(1_000);
  const often = leases.get('long')!.recalls;
  expect(often).toBeGreaterThan(3);
  leases.giveBack(worker('another'), 'long');
  expect(leases.size).toBe(1);
  leases.giveBack(holder, 'long');
  const next = { leaseId: 'next', next: 1, attempt: 1, last: 1, job: candidate({}), sliceMs: 10 };
  leases.add(holder, next, 0);
  expect(leases.get('next')!.recalls).toBe(often);
  leases.progress('next', 2, 0, 0);
  leases.add(holder, { ...next, leaseId: 'third' }, 0);
  expect(leases.get('third')!.recalls).toBe(0);
  market.close();
});

test('looks for work again only where a job has some that the worker may run, however often it asks', async () => {
  const strangers = Array.from({ length: 20 }, (_, i) =>
    worker(`stranger ${i}`, { groups: [{ key: 'lab' }] }),
  );
  for (const stranger of strangers) market.add(stranger, { want: 1, idle: true });
  await settle();
  expect(lender.asked).toHaveLength(20);
  for (let i = 0; i < 1_000; i++) market.wake([candidate({ jobId: `job ${i}` })]);
  for (const stranger of strangers) market.add(stranger, { want: 1, idle: false });
  await settle();
  expect(lender.asked).toHaveLength(20);
  market.wake([candidate({ groups: [{ key: 'lab' }] })]);
  await settle();
  expect(lender.asked).toHaveLength(40);
});

test('takes a lease back whose holder gives nothing to those who wait, though it was asked for a minute', async () => {
  const holder = busy();
  market.add(worker('idle'), { want: 1, idle: true });
  await clock.advance(RECALL_IGNORED_MS - 1_000);
  expect(leases.size).toBe(1);
  await clock.advance(5_000);
  expect(holder.heard.at(-1)).toMatchObject({ type: 'lease.revoke', leaseId: 'long' });
  expect(leases.size).toBe(0);
  expect(lender.asked.at(-1)).toMatchObject({ name: 'takeBack', leaseId: 'long', workerId: holder.workerId });
  market.close();
});

test('recalls nothing for a worker that has work, or that may not run the job', async () => {
  const holder = busy();
  market.add(worker('ahead'), { want: 1, idle: false });
  market.add(worker('stranger', { groups: [{ key: 'lab' }] }), { want: 1, idle: true });
  await clock.advance(1_000);
  expect(recalls(holder)).toEqual([]);
  market.close();
});

test('looks at no more leases in a round than it has time for, and comes to every idle worker in turn', async () => {
  const holder = busy();
  let looks = 0;
  const job = candidate({ groups: [{ key: 'other' }] });
  const counted = Object.defineProperty({ ...job }, 'groups', { get: () => (looks++, job.groups) });
  for (let i = 0; i < 1_000; i++)
    leases.add(
      holder,
      { leaseId: `other ${i}`, next: 1, attempt: 1, last: 100, job: counted, sliceMs: 10 },
      0,
    );
  for (let i = 0; i < 200; i++) market.add(worker(`stranger ${i}`), { want: 1, idle: true });
  const last = worker('last', { groups: [{ key: 'other' }] });
  market.add(last, { want: 1, idle: true });
  await settle();
  expect(looks).toBeLessThan(10_000);
  await clock.advance(10_000);
  expect(recalls(holder).some((leaseId) => leaseId.startsWith('other'))).toBe(true);
  market.close();
});
