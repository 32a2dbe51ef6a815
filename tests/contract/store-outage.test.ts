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
import {
  OPERATOR,
  SchedulerFixture,
  type TestConnection,
} from '../../src/testing/scheduler/scheduler-fixture.js';
import { connectionsOf, fillDisk, lockDatabase } from '../../src/testing/scheduler/sqlite-faults.js';
import { segmentInput, segmentOf } from './store-commands.js';

const SLICES = 5;
let dataDir: string;
let fixture: SchedulerFixture;
let connection: Database.Database;
let jobId: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'manyhands-outage-'));
  const connections = await connectionsOf(async () => (fixture = await SchedulerFixture.start({ dataDir })));
  connection = connections[0]!;
  jobId = await fixture.deploy(rangeFromBounds(1, SLICES));
});
afterEach(async () => {
  expect(await fixture.store.check()).toEqual([]);
  await fixture.close();
  await rm(dataDir, { recursive: true });
});

const grantsOf = (worker: TestConnection): number => worker.messagesOfType('lease.grant').length;
const want = (worker: TestConnection): void =>
  worker.receive({ type: 'lease.request', request: 1, idle: true });
const append = (input: Input, id = jobId): Promise<{ first: number }> =>
  fixture.core.commitQueue.submit('append', {
    jobId: id,
    owner: OPERATOR,
    appendId: newId(fixture.random),
    input,
  });
const large = (): Input => segmentInput(['x'.repeat(500_000)]);
const small = (): Input => segmentInput([1]);

it('a command to a locked store fails at once with STORE_BUSY, without blocking the process', async () => {
  const unlock = lockDatabase(dataDir);
  const tried = fixture.store.commit([{ name: 'extendLeasesAfterRestart' }]);
  await expect(tried).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true });
  // SQLite waits in this very thread, so long at most, milliseconds.
  const { timeout } = connection.prepare('PRAGMA busy_timeout').get() as { timeout: number };
  expect(timeout).toBeLessThan(50);
  unlock();
});

it('a lease request made while the store is locked is granted after the lock ends, without another request', async () => {
  const unlock = lockDatabase(dataDir);
  const worker = fixture.worker();
  want(worker);
  await fixture.clock.advance(3 * STORE_WAIT_MS_MAX);
  expect(grantsOf(worker)).toBe(0);
  expect(fixture.core.commitQueue.health().state).toBe('busy');
  unlock();
  await fixture.clock.advance(3_000);
  expect(grantsOf(worker)).toBe(1);
  expect(fixture.core.commitQueue.health()).toEqual({ state: 'ok' });
  expect(fixture.loggedErrors).toEqual([
    expect.objectContaining({ event: 'store accepts no commits', state: 'busy' }),
  ]);
});

it('a request waits for the end of a short lock, and is refused with STORE_BUSY after a long one', async () => {
  const unlock = lockDatabase(dataDir);
  const short = append(small());
  await fixture.clock.advance(STORE_WAIT_MS_MAX / 2);
  unlock();
  await fixture.clock.advance(2_000);
  expect(await short).toMatchObject({ first: SLICES + 1 });
  const unlockAgain = lockDatabase(dataDir);
  const long = append(small());
  const refused = expect(long).rejects.toMatchObject({ code: 'STORE_BUSY', retryable: true });
  await fixture.clock.advance(STORE_WAIT_MS_MAX + 2_000);
  await refused;
  unlockAgain();
});

it('leases that could not be renewed while the store was locked are not lost afterwards', async () => {
  const worker = fixture.worker();
  want(worker);
  const { lease } = await worker.waitForMessage((m) => m.type === 'lease.grant');
  const unlock = lockDatabase(dataDir);
  await fixture.clock.advance(2 * LEASE_MS);
  unlock();
  await fixture.clock.advance(3_000);
  expect(worker.messagesOfType('lease.revoke')).toEqual([]);
  const { leaseId, first } = lease;
  const segment = segmentOf([1]);
  const report = { type: 'lease.report' as const, id: 1, leaseId, first, count: 1, computeMs: 1, segment };
  const answered = worker.request(report);
  await fixture.clock.advance(10);
  expect(await answered).toMatchObject({ body: { next: first + 1 } });
});

it('requests sent before a refusal arrived are not executed ahead of the repeated request', async () => {
  const worker = fixture.worker();
  want(worker);
  const { lease } = await worker.waitForMessage((m) => m.type === 'lease.grant');
  const { leaseId, first } = lease;
  const report = (id: number) => {
    const segment = segmentOf([id]);
    return { type: 'lease.report' as const, id, leaseId, first, count: 1, computeMs: 1, segment };
  };
  const unlock = lockDatabase(dataDir);
  const refused = worker.request(report(1));
  await fixture.clock.advance(STORE_WAIT_MS_MAX + 2_000);
  expect((await refused).refused).toMatchObject({ code: 'STORE_BUSY' });
  unlock();
  await fixture.clock.advance(3_000);
  // It would be the first that is taken.
  expect((await worker.request(report(2))).refused).toMatchObject({ code: 'STORE_BUSY' });
  worker.sent.length = 0;
  const repeated = worker.request(report(1));
  await fixture.clock.advance(10);
  expect(await repeated).toMatchObject({ body: { next: first + 1 } });
});

it('on a full disk the inputs that fit are stored, and no input overtakes an earlier one of its job', async () => {
  const other = await fixture.deploy(rangeFromBounds(1, 1));
  const makeRoom = fillDisk(connection, 20);
  const first = append(large());
  const second = append(small());
  const elsewhere = append(small(), other);
  await fixture.clock.advance(1_000);
  expect(await elsewhere).toMatchObject({ first: 2 });
  expect(fixture.core.commitQueue.health().state).toBe('full');
  makeRoom();
  await fixture.clock.advance(3_000);
  expect([await first, await second]).toMatchObject([{ first: SLICES + 1 }, { first: SLICES + 2 }]);
  expect(fixture.core.commitQueue.health()).toEqual({ state: 'ok' });
});

it('on a full disk an input that does not fit is refused with STORE_FULL, with all later inputs of its job', async () => {
  const makeRoom = fillDisk(connection, 20);
  const first = expect(append(large())).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true });
  await fixture.clock.advance(STORE_WAIT_MS_MAX / 2);
  const second = expect(append(small())).rejects.toMatchObject({ code: 'STORE_FULL' });
  await fixture.clock.advance(STORE_WAIT_MS_MAX / 2 + 2_000);
  await Promise.all([first, second]);
  makeRoom();
  await fixture.clock.advance(3_000);
  const after = append(small());
  await fixture.clock.advance(10);
  expect(await after).toMatchObject({ first: SLICES + 1 });
});

it('an idle scheduler detects that its store is locked, and that the lock has ended', async () => {
  const unlock = lockDatabase(dataDir);
  await fixture.clock.advance(10_000);
  expect(fixture.core.commitQueue.health().state).toBe('busy');
  unlock();
  await fixture.clock.advance(3_000);
  expect(fixture.core.commitQueue.health()).toEqual({ state: 'ok' });
});

it('a scheduler closes while its store is locked, and refuses the waiting requests', async () => {
  const unlock = lockDatabase(dataDir);
  const waiting = expect(append(small())).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  await fixture.clock.advance(1_000);
  await fixture.core.close();
  await waiting;
  unlock();
});
