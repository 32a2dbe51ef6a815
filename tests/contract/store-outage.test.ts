/**
 * A scheduler whose database takes nothing for a while: locked by another program, or on a full disk. Nobody waits for
 * ever, nothing passes what it must not pass, and all goes on by itself.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/lib/crypto/ids.js';
import { LEASE_MS, STORE_WAIT_MS_MAX } from '../../src/protocol/limits.js';
import type { Input } from '../../src/protocol/messages/messages.js';
import { rangeFromBounds } from '../../src/protocol/input/ranges.js';
import { OPERATOR, SchedulerRig, type StubConnection } from '../../src/testing/scheduler/scheduler-rig.js';
import { connectionsOf, fillDisk, lockDatabase } from '../../src/testing/scheduler/store-faults.js';
import { segmentInput, segmentOf } from './store-world.js';

const SLICES = 5;
let dataDir: string;
let rig: SchedulerRig;
let connection: Database.Database;
let jobId: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-outage-'));
  const connections = await connectionsOf(async () => (rig = await SchedulerRig.start({ dataDir })));
  connection = connections[0]!;
  jobId = await rig.deploy(rangeFromBounds(1, SLICES));
});
afterEach(async () => {
  expect(await rig.store.check()).toEqual([]);
  await rig.close();
  await rm(dataDir, { recursive: true });
});

const grantsOf = (worker: StubConnection): number => worker.all('lease.grant').length;
const want = (worker: StubConnection): void =>
  worker.receive({ type: 'lease.request', request: 1, idle: true });
const append = (input: Input, id = jobId): Promise<{ first: number }> =>
  rig.core.commitQueue.submit('append', { jobId: id, owner: OPERATOR, appendId: newId(rig.random), input });
const large = (): Input => segmentInput(['x'.repeat(500_000)]);
const small = (): Input => segmentInput([1]);

it('a locked store answers at once that it is locked, and does not hold the process up', async () => {
  const unlock = lockDatabase(dataDir);
  const tried = rig.store.commit([{ name: 'extendLeasesAfterRestart' }]);
  await expect(tried).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true });
  // SQLite waits in this very thread, so long at most, milliseconds.
  const { timeout } = connection.prepare('PRAGMA busy_timeout').get() as { timeout: number };
  expect(timeout).toBeLessThan(50);
  unlock();
});

it('a worker that asks while the store is locked is served when it is not, and nobody else need ask', async () => {
  const unlock = lockDatabase(dataDir);
  const worker = rig.worker();
  want(worker);
  await rig.clock.advance(3 * STORE_WAIT_MS_MAX);
  expect(grantsOf(worker)).toBe(0);
  expect(rig.core.commitQueue.health().state).toBe('busy');
  unlock();
  await rig.clock.advance(3_000);
  expect(grantsOf(worker)).toBe(1);
  expect(rig.core.commitQueue.health()).toEqual({ state: 'ok' });
  expect(rig.complaints).toEqual([
    expect.objectContaining({ event: 'store accepts no commits', state: 'busy' }),
  ]);
});

it('a request waits for a short lock, and is refused with its reason after a long one', async () => {
  const unlock = lockDatabase(dataDir);
  const short = append(small());
  await rig.clock.advance(STORE_WAIT_MS_MAX / 2);
  unlock();
  await rig.clock.advance(2_000);
  expect(await short).toMatchObject({ first: SLICES + 1 });
  const unlockAgain = lockDatabase(dataDir);
  const long = append(small());
  const refused = expect(long).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true });
  await rig.clock.advance(STORE_WAIT_MS_MAX + 2_000);
  await refused;
  unlockAgain();
});

it('leases that could not be renewed meanwhile are not lost when the store is back', async () => {
  const worker = rig.worker();
  want(worker);
  const { lease } = await worker.until((m) => m.type === 'lease.grant');
  const unlock = lockDatabase(dataDir);
  await rig.clock.advance(2 * LEASE_MS);
  unlock();
  await rig.clock.advance(3_000);
  expect(worker.all('lease.revoke')).toEqual([]);
  const { leaseId, first } = lease;
  const segment = segmentOf([1]);
  const report = { type: 'lease.report' as const, id: 1, leaseId, first, count: 1, computeMs: 1, segment };
  const answered = worker.ask(report);
  await rig.clock.advance(10);
  expect(await answered).toMatchObject({ body: { next: first + 1 } });
});

it('what a client sent before it heard of a refusal does not pass what it repeats', async () => {
  const worker = rig.worker();
  want(worker);
  const { lease } = await worker.until((m) => m.type === 'lease.grant');
  const { leaseId, first } = lease;
  const report = (id: number) => {
    const segment = segmentOf([id]);
    return { type: 'lease.report' as const, id, leaseId, first, count: 1, computeMs: 1, segment };
  };
  const unlock = lockDatabase(dataDir);
  const refused = worker.ask(report(1));
  await rig.clock.advance(STORE_WAIT_MS_MAX + 2_000);
  expect((await refused).refused).toMatchObject({ code: 'STORE_BUSY' });
  unlock();
  await rig.clock.advance(3_000);
  // It would be the first that is taken.
  expect((await worker.ask(report(2))).refused).toMatchObject({ code: 'STORE_BUSY' });
  worker.sent.length = 0;
  const repeated = worker.ask(report(1));
  await rig.clock.advance(10);
  expect(await repeated).toMatchObject({ body: { next: first + 1 } });
});

it('on a full disk what fits is taken, and no input passes one before it of the same job', async () => {
  const other = await rig.deploy(rangeFromBounds(1, 1));
  const makeRoom = fillDisk(connection, 20);
  const first = append(large());
  const second = append(small());
  const elsewhere = append(small(), other);
  await rig.clock.advance(1_000);
  expect(await elsewhere).toMatchObject({ first: 2 });
  expect(rig.core.commitQueue.health().state).toBe('full');
  makeRoom();
  await rig.clock.advance(3_000);
  expect([await first, await second]).toMatchObject([{ first: SLICES + 1 }, { first: SLICES + 2 }]);
  expect(rig.core.commitQueue.health()).toEqual({ state: 'ok' });
});

it('what does not fit is refused as a full disk after a while, with all of its job behind it', async () => {
  const makeRoom = fillDisk(connection, 20);
  const first = expect(append(large())).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true });
  await rig.clock.advance(STORE_WAIT_MS_MAX / 2);
  const second = expect(append(small())).rejects.toMatchObject({ code: 'STORE_FULL' });
  await rig.clock.advance(STORE_WAIT_MS_MAX / 2 + 2_000);
  await Promise.all([first, second]);
  makeRoom();
  await rig.clock.advance(3_000);
  const after = append(small());
  await rig.clock.advance(10);
  expect(await after).toMatchObject({ first: SLICES + 1 });
});

it('an idle scheduler finds out that its store is locked, and that it is not any more', async () => {
  const unlock = lockDatabase(dataDir);
  await rig.clock.advance(10_000);
  expect(rig.core.commitQueue.health().state).toBe('busy');
  unlock();
  await rig.clock.advance(3_000);
  expect(rig.core.commitQueue.health()).toEqual({ state: 'ok' });
});

it('closes while its store is locked, and refuses what waits', async () => {
  const unlock = lockDatabase(dataDir);
  const waiting = expect(append(small())).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  await rig.clock.advance(1_000);
  await rig.core.close();
  await waiting;
  unlock();
});
