import { beforeEach, expect, test } from 'vitest';
import { LEASES_PER_WORKER_MAX, RECALL_IGNORED_MS } from '../../protocol/limits.js';
import type { SchedulerMessage, WorkerDescription } from '../../protocol/messages/messages.js';
import { FakeLeaseStore, candidate } from '../../testing/worker/fake-lease-store.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { LeaseRegistry } from './lease-registry.js';
import { silent } from '../log/log.js';
import { Matchmaker } from './matchmaker.js';
import type { WorkerHandle } from './worker-handle.js';
import { EligibilityCache } from '../policy/choose-job.js';
import { CommitQueue } from '../commit/commit-queue.js';

let clock: VirtualClock;
let lender: FakeLeaseStore;
let leases: LeaseRegistry;
let matchmaker: Matchmaker;

beforeEach(() => {
  clock = new VirtualClock();
  lender = new FakeLeaseStore();
  leases = new LeaseRegistry();
  const commitQueue = new CommitQueue({
    store: lender,
    clock,
    defer: (fn) => void clock.after(0, fn),
    log: silent,
    onCommitted: (events) => matchmaker.wake([...events.work.values()]),
  });
  matchmaker = new Matchmaker({
    commitQueue,
    leases,
    eligibility: new EligibilityCache(),
    clock,
    random: new SeededRandom(1),
    log: silent,
  });
});

const settle = (): Promise<void> => clock.run();

interface Member extends WorkerHandle {
  received: SchedulerMessage[];
}

function worker(name: string, extra: Partial<WorkerDescription> = {}): Member {
  const workerId = name.padEnd(22, '0');
  const received: SchedulerMessage[] = [];
  const worktimes = [{ name: 'map-basic', version: '1.0.0' }];
  const description = { workerId, worktimes, sandboxHost: 'thread' as const, sandboxes: 4, ...extra };
  return { workerId, received, send: (message) => void received.push(message), description };
}

const grants = (w: Member): number[] =>
  w.received.flatMap((m) => (m.type === 'lease.grant' ? [m.request] : []));
const recalls = (w: Member): string[] =>
  w.received.flatMap((m) => (m.type === 'lease.recall' ? [m.leaseId] : []));

test('the matchmaker grants a request once, and keeps requests without work until there is some', async () => {
  lender.pendingSlices = 1;
  const w = worker('a');
  matchmaker.add(w, { request: 1, idle: true });
  matchmaker.add(w, { request: 2, idle: true });
  await settle();
  expect(grants(w)).toEqual([1]);
  lender.pendingSlices = 5;
  matchmaker.wake([candidate({})]);
  matchmaker.wake([candidate({})]);
  await settle();
  expect(grants(w)).toEqual([1, 2]);
  expect(lender.pendingSlices).toBe(4);
  expect(lender.receivedCommands.filter(({ name }) => name === 'releaseLease')).toEqual([]);
});

test('the matchmaker serves an idle sandbox before a request in advance, and passes its warm job to the store', async () => {
  const w = worker('a');
  matchmaker.add(w, { request: 1, idle: false });
  matchmaker.add(w, { request: 2, idle: true, loadedJob: 'warm job' });
  await settle();
  lender.pendingSlices = 1;
  matchmaker.wake([candidate({})]);
  await settle();
  expect(grants(w)).toEqual([2]);
  expect(lender.receivedCommands.at(-2)).toMatchObject({ warmState: { loadedJob: 'warm job' } });
});

test('the matchmaker releases a lease whose request was withdrawn, or whose worker disconnected, while the store granted it', async () => {
  lender.pendingSlices = 1;
  const w = worker('a');
  matchmaker.add(w, { request: 1, idle: true });
  matchmaker.remove(w, 1);
  await settle();
  expect(grants(w)).toEqual([]);
  expect(lender.pendingSlices).toBe(1);
  matchmaker.add(w, { request: 2, idle: true });
  lender.onLease = () => matchmaker.drop(w);
  await settle();
  expect(grants(w)).toEqual([]);
  expect(lender.pendingSlices).toBe(1);
  expect(leases.size).toBe(0);
});

test('the matchmaker refuses more open requests than a worker may have', () => {
  const w = worker('a');
  for (let request = 0; request < LEASES_PER_WORKER_MAX; request++)
    matchmaker.add(w, { request, idle: true });
  expect(() => matchmaker.add(w, { request: LEASES_PER_WORKER_MAX, idle: true })).toThrow(
    'too many open lease requests',
  );
});

test('the matchmaker serves other workers when the store fails for one', async () => {
  lender.pendingSlices = 2;
  lender.failures = 1;
  const [a, b] = [worker('a'), worker('b')];
  matchmaker.add(a, { request: 1, idle: true });
  matchmaker.add(b, { request: 1, idle: true });
  await settle();
  expect([...grants(a), ...grants(b)]).toEqual([1]);
  matchmaker.wake([candidate({})]);
  await settle();
  expect([...grants(a), ...grants(b)]).toEqual([1, 1]);
});

test("the matchmaker retries a worker's failed request without any other event", async () => {
  lender.pendingSlices = 1;
  lender.failures = 3;
  const w = worker('a');
  matchmaker.add(w, { request: 1, idle: true });
  await settle();
  expect(grants(w)).toEqual([]);
  await clock.advance(10_000);
  expect(grants(w)).toEqual([1]);
});

/** A worker with a long lease, of which slices can be recalled for others. */
function busy(): Member {
  const holder = worker('busy');
  leases.add(
    holder,
    { leaseId: 'long', next: 1, attempt: 1, last: 1_000, job: candidate({}), sliceMs: 10 },
    0,
  );
  return holder;
}

test('the matchmaker recalls slices of a long lease for an idle worker, and repeats it only after a back-off', async () => {
  const holder = busy();
  matchmaker.add(worker('idle'), { request: 1, idle: true });
  await settle();
  expect(recalls(holder)).toEqual(['long']);
  await clock.advance(40);
  expect(recalls(holder)).toHaveLength(1);
  await clock.advance(400);
  expect(recalls(holder).length).toBeGreaterThan(1);
  matchmaker.close();
});

test('the matchmaker tells the holder in the recall whether the waiting sandbox has loaded the job', async () => {
  const holder = busy();
  matchmaker.add(worker('idle'), { request: 1, idle: true, warmJobs: ['a job'] });
  await settle();
  expect(holder.received).toEqual([{ type: 'lease.recall', leaseId: 'long', isRequesterWarm: true }]);
  matchmaker.close();
});

test('a lease that is released whole passes its recall back-off to the next lease of its job', async () => {
  const holder = busy();
  matchmaker.add(worker('idle'), { request: 1, idle: true });
  await clock.advance(1_000);
  const often = leases.get('long')!.recalls;
  expect(often).toBeGreaterThan(3);
  leases.releaseFrom(worker('another'), 'long');
  expect(leases.size).toBe(1);
  leases.releaseFrom(holder, 'long');
  const next = { leaseId: 'next', next: 1, attempt: 1, last: 1, job: candidate({}), sliceMs: 10 };
  leases.add(holder, next, 0);
  expect(leases.get('next')!.recalls).toBe(often);
  leases.progress('next', 2, 0, 0);
  leases.add(holder, { ...next, leaseId: 'third' }, 0);
  expect(leases.get('third')!.recalls).toBe(0);
  matchmaker.close();
});

test('the matchmaker searches again only when a job that the worker may run has new work, however often the worker requests some', async () => {
  const outsiders = Array.from({ length: 20 }, (_, i) =>
    worker(`outsider ${i}`, { groups: [{ key: 'lab' }] }),
  );
  for (const outsider of outsiders) matchmaker.add(outsider, { request: 1, idle: true });
  await settle();
  expect(lender.receivedCommands).toHaveLength(20);
  for (let i = 0; i < 1_000; i++) matchmaker.wake([candidate({ jobId: `job ${i}` })]);
  for (const outsider of outsiders) matchmaker.add(outsider, { request: 1, idle: false });
  await settle();
  expect(lender.receivedCommands).toHaveLength(20);
  matchmaker.wake([candidate({ groups: [{ key: 'lab' }] })]);
  await settle();
  expect(lender.receivedCommands).toHaveLength(40);
});

test('the matchmaker revokes a lease whose holder ignores recalls for a minute while other workers wait', async () => {
  const holder = busy();
  matchmaker.add(worker('idle'), { request: 1, idle: true });
  await clock.advance(RECALL_IGNORED_MS - 1_000);
  expect(leases.size).toBe(1);
  await clock.advance(5_000);
  expect(holder.received.at(-1)).toMatchObject({ type: 'lease.revoke', leaseId: 'long' });
  expect(leases.size).toBe(0);
  expect(lender.receivedCommands.at(-1)).toMatchObject({
    name: 'revokeLease',
    leaseId: 'long',
    workerId: holder.workerId,
  });
  matchmaker.close();
});

test('the matchmaker recalls nothing for a worker with work, or one that may not run the job', async () => {
  const holder = busy();
  matchmaker.add(worker('ahead'), { request: 1, idle: false });
  matchmaker.add(worker('outsider', { groups: [{ key: 'lab' }] }), { request: 1, idle: true });
  await clock.advance(1_000);
  expect(recalls(holder)).toEqual([]);
  matchmaker.close();
});

test('the matchmaker examines a bounded number of leases in a round, and every idle worker in turn', async () => {
  const holder = busy();
  let reads = 0;
  const job = candidate({ groups: [{ key: 'other' }] });
  const counted = Object.defineProperty({ ...job }, 'groups', { get: () => (reads++, job.groups) });
  for (let i = 0; i < 1_000; i++)
    leases.add(
      holder,
      { leaseId: `other ${i}`, next: 1, attempt: 1, last: 100, job: counted, sliceMs: 10 },
      0,
    );
  for (let i = 0; i < 200; i++) matchmaker.add(worker(`outsider ${i}`), { request: 1, idle: true });
  const last = worker('last', { groups: [{ key: 'other' }] });
  matchmaker.add(last, { request: 1, idle: true });
  await settle();
  expect(reads).toBeLessThan(10_000);
  await clock.advance(10_000);
  expect(recalls(holder).some((leaseId) => leaseId.startsWith('other'))).toBe(true);
  matchmaker.close();
});
