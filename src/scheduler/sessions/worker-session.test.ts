import { afterEach, describe, expect, it, test } from 'vitest';
import { newId } from '../../lib/crypto/ids.js';
import { ManyhandsError } from '../../lib/errors.js';
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import { encodeJobPackage } from '../../protocol/job/job-package-codec.js';
import { GROUP_PROOFS_PER_CONNECTION_MAX, WORKER_UPDATES_PER_SECOND_MAX } from '../../protocol/limits.js';
import type { GroupKey, Lease } from '../../protocol/messages/messages.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import {
  OPERATOR,
  PLAIN_PACKAGE,
  SchedulerFixture,
  type TestConnection,
} from '../../testing/scheduler/scheduler-fixture.js';
import { groupAddress, signGroup } from '../../wallet/group-proof.js';
import { hashSecret } from '../../wallet/group-credential.js';

let fixture: SchedulerFixture;
afterEach(async () => {
  expect(fixture.loggedErrors).toEqual([]);
  expect(await fixture.store.check()).toEqual([]);
  await fixture.close();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function granted(worker: TestConnection): Promise<Lease> {
  worker.receive({ type: 'lease.request', request: 1, idle: true });
  return (await worker.waitForMessage((m) => m.type === 'lease.grant')).lease;
}

/** A report of the lease's first slice with one envelope. */
function reportOf(lease: Lease, id: number, kind: number, body: Uint8Array) {
  const writer = new SegmentWriter();
  writer.appendEnvelope(kind, body);
  const { leaseId, first } = lease;
  const segment = writer.finish();
  return { type: 'lease.report' as const, id, leaseId, first, count: 1, computeMs: 1, segment };
}

test('the scheduler serves a package only to workers that may run its job', async () => {
  fixture = await SchedulerFixture.start();
  const secret = { key: 'lab', secretHash: hashSecret('hush') };
  const groups = [{ key: 'lab', address: await groupAddress(secret) }];
  const jobId = await fixture.deploy(rangeFromBounds(1, 10), { groups });
  const ask = { type: 'job.package' as const, id: 1, jobId };
  expect((await fixture.worker().request(ask)).refused?.code).toBe('JOB_UNKNOWN');
  const guess = fixture.worker({ groups: [{ key: 'lab', address: `0x${'2'.repeat(40)}` }] });
  expect((await guess.request(ask)).refused?.code).toBe('JOB_UNKNOWN');
  const member = fixture.worker({ groups });
  await prove(member, secret);
  await granted(member);
  expect((await member.request(ask)).body).toMatchObject({ owner: OPERATOR });
});

test('the scheduler serves a package only to workers with a lease of its job, even among those that may run it', async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy(rangeFromBounds(1, 1));
  const ask = { type: 'job.package' as const, id: 1, jobId };
  const worker = fixture.worker();
  expect((await worker.request(ask)).refused?.code).toBe('JOB_UNKNOWN');
  const { leaseId, first } = await granted(worker);
  const late = fixture.worker();
  late.receive({ type: 'lease.request', request: 1, idle: true });
  await turn();
  expect((await late.request(ask)).refused?.code).toBe('JOB_UNKNOWN');
  await worker.request({ type: 'lease.release', id: 2, leaseId, from: first, reason: 'enough' });
  expect((await worker.request({ ...ask, id: 3 })).body).toMatchObject({ owner: OPERATOR });
});

test('the scheduler serves a reconnected worker the packages of the leases that it still holds', async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy();
  const ask = { type: 'job.package' as const, id: 1, jobId };
  const workerId = newId(fixture.random);
  await granted(fixture.worker({ workerId }));
  expect((await fixture.worker({ workerId }).request(ask)).body).toMatchObject({ owner: OPERATOR });
});

/** Signs the challenge of the connection `of`, by default the worker's own. */
async function prove(
  worker: TestConnection,
  secret: { key: string; secretHash: string },
  of = worker,
): Promise<Awaited<ReturnType<TestConnection['request']>>> {
  const { challenge, schedulerId } = of.messagesOfType('welcome')[0]!;
  const proofs = [await signGroup(secret, { challenge, schedulerId })];
  return worker.request({ type: 'group.prove', id: 99, proofs });
}

describe('a compute group with a secret', () => {
  const secret = { key: 'lab', secretHash: hashSecret('hush') };

  it('cannot be joined by a client that has seen all messages of its members and jobs', async () => {
    fixture = await SchedulerFixture.start();
    const groups = [{ key: 'lab', address: await groupAddress(secret) }];
    await fixture.deploy(rangeFromBounds(1, 10), { groups });
    const member = fixture.worker({ groups });
    const eavesdropper = fixture.worker({ groups });
    eavesdropper.receive({ type: 'lease.request', request: 1, idle: true });
    // The member's own proof, over the eavesdropper's connection.
    expect((await prove(eavesdropper, secret, member)).refused?.code).toBe('UNAUTHENTICATED');
    await turn();
    expect(eavesdropper.messagesOfType('lease.grant')).toEqual([]);
    expect((await prove(member, secret)).body).toEqual({});
    expect((await granted(member)).count).toBeGreaterThan(0);
  });

  it('serves lease requests that were made before the proof', async () => {
    fixture = await SchedulerFixture.start();
    const groups = [{ key: 'lab', address: await groupAddress(secret) }];
    const jobId = await fixture.deploy(rangeFromBounds(1, 10), { groups });
    const member = fixture.worker({ groups });
    member.receive({ type: 'lease.request', request: 1, idle: true });
    await prove(member, secret);
    expect((await member.waitForMessage((m) => m.type === 'lease.grant')).lease.jobId).toBe(jobId);
  });

  it('is checked for one connection in each turn of the event loop', async () => {
    fixture = await SchedulerFixture.start({ defer: (fn) => void setImmediate(fn) });
    const proofs = [{ key: 'lab', address: `0x${'3'.repeat(40)}`, signature: `0x${'1'.repeat(128)}1b` }];
    const workers = Array.from({ length: 20 }, () => fixture.worker());
    // The first check loads the code for it.
    await workers[0]!.request({ type: 'group.prove', id: 1, proofs });
    for (const worker of workers) worker.receive({ type: 'group.prove', id: 2, proofs });
    const countChecked = () =>
      workers.filter(({ sent }) => sent.some((m) => m.type === 'refusal' && m.replyTo === 2)).length;
    let before = 0;
    for (let checked = 0; checked < workers.length; before = checked) {
      await turn();
      checked = countChecked();
      expect(checked - before).toBeLessThanOrEqual(1);
    }
  });

  it('can be proved only a limited number of times over one connection', async () => {
    fixture = await SchedulerFixture.start();
    const worker = fixture.worker();
    const signature = `0x${'1'.repeat(128)}1b`;
    const address = `0x${'3'.repeat(40)}`;
    const codes: (string | undefined)[] = [];
    for (let i = 0; i <= GROUP_PROOFS_PER_CONNECTION_MAX; i++) {
      const proofs = [{ key: `g${i}`, address, signature }];
      codes.push((await worker.request({ type: 'group.prove', id: i, proofs })).refused?.code);
    }
    expect(codes.slice(-2)).toEqual(['UNAUTHENTICATED', 'LIMIT_EXCEEDED']);
  });
});

test('a job can be deployed in a group with a secret only after its proof', async () => {
  fixture = await SchedulerFixture.start();
  const secret = { key: 'lab', secretHash: hashSecret('hush') };
  const groups = [{ key: 'lab', address: await groupAddress(secret) }];
  const bytes = encodeJobPackage({ ...PLAIN_PACKAGE, groups: [{ key: 'public' }, { key: 'lab' }] });
  const deployer = fixture.operator();
  const deploy = (id: number, named: GroupKey[]) =>
    deployer.request({ type: 'job.deploy', id, jobId: newId(fixture.random), package: bytes, groups: named });
  expect((await deploy(1, groups)).refused?.code).toBe('UNAUTHENTICATED');
  await prove(deployer, secret);
  expect((await deploy(2, [{ ...groups[0]!, key: 'public' }])).refused?.code).toBe('UNAUTHENTICATED');
  expect((await deploy(3, [{ key: 'other' }])).refused?.code).toBe('MESSAGE_MALFORMED');
  expect((await deploy(4, groups)).body).toMatchObject({ status: { runStatus: 'running' } });
  const [job] = await fixture.store.jobs({ limit: 1 });
  expect((await fixture.store.job(job!.status.jobId))!.candidate.groups).toEqual([
    { key: 'public' },
    ...groups,
  ]);
});

test('the scheduler serves a worker the status of a job that it may run, and its own account only', async () => {
  fixture = await SchedulerFixture.start();
  const groups = [{ key: 'lab', secretHash: '1'.repeat(64) }];
  const jobId = await fixture.deploy(rangeFromBounds(1, 10), { groups });
  const address = `0x${'a'.repeat(40)}`;
  const stranger = fixture.worker();
  expect((await stranger.request({ type: 'job.status', id: 1, jobId })).refused?.code).toBe('JOB_UNKNOWN');
  expect((await stranger.request({ type: 'account.show', id: 2, address })).refused?.code).toBe('FORBIDDEN');
  const mine = fixture.worker({ groups, paymentAddress: address });
  await granted(mine);
  const { body } = await mine.request({ type: 'job.status', id: 1, jobId });
  expect(body).toMatchObject({ status: { jobId, total: 10, accepted: 0, workers: 1, open: true } });
  const account = (await mine.request({ type: 'account.show', id: 2, address })).body;
  expect(account).toEqual({ address, balance: 0n, escrow: 0n, earned: 0n });
});

test("the scheduler uses a worker's latest description, and still serves packages that it may have requested before", async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy();
  const worker = fixture.worker({ blockedJobs: [jobId] });
  worker.receive({ type: 'lease.request', request: 1, idle: true });
  await turn();
  expect(worker.sent.some((m) => m.type === 'lease.grant')).toBe(false);
  const [description] = [...fixture.core.workers.values()].map((session) => session.description);
  worker.receive({ type: 'worker.update', worker: { ...description!, blockedJobs: [] } });
  expect((await worker.waitForMessage((m) => m.type === 'lease.grant')).lease.jobId).toBe(jobId);
  worker.receive({ type: 'worker.update', worker: { ...description!, blockedJobs: [jobId] } });
  expect((await worker.request({ type: 'job.package', id: 1, jobId })).body).toMatchObject({
    owner: OPERATOR,
  });
});

test.each<[string, number, (id: string) => string]>([
  ['LIMIT_EXCEEDED', WORKER_UPDATES_PER_SECOND_MAX + 1, (id) => id],
  ['FORBIDDEN', 1, (id) => [...id].reverse().join('')],
])('ends a connection with %s after %i descriptions of that worker', async (code, times, rename) => {
  fixture = await SchedulerFixture.start();
  const worker = fixture.worker();
  await turn();
  const [description] = [...fixture.core.workers.values()].map((session) => session.description);
  for (let i = 0; i < times; i++) {
    const workerId = rename(description!.workerId);
    worker.receive({ type: 'worker.update', worker: { ...description!, workerId } });
  }
  expect(worker.sent.at(-1)).toMatchObject({ type: 'goodbye', error: { code } });
});

test.each<[string, number, number[]]>([
  ['of a forbidden kind', ENVELOPE_KIND.delegated, [0, 0, 0, 0]],
  ['of the kind for parts', ENVELOPE_KIND.parts, [0, 0, 0, 0]],
  ['of bytes that are not an encoded value', ENVELOPE_KIND.value, [0xc1, 0xff, 0xff]],
  ['of a truncated value', ENVELOPE_KIND.value, [0x92, 1]],
  ['of a malformed error', ENVELOPE_KIND.error, [0xc1]],
  ['of a malformed blob reference', ENVELOPE_KIND.blob, [1, 2, 3]],
])('refuses an outcome %s, and charges an attempt to the slice', async (_what, kind, bytes) => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy(rangeFromBounds(1, 1));
  const worker = fixture.worker();
  const lease = await granted(worker);
  const { refused } = await worker.request(reportOf(lease, 1, kind, Uint8Array.from(bytes)));
  expect(refused?.code).toBe('SEGMENT_MALFORMED');
  expect((await fixture.store.status(jobId))!.status).toMatchObject({ accepted: 0, failed: 0, leased: 0 });
  expect(fixture.core.leases.size).toBe(0);
  expect((await granted(fixture.worker())).first).toBe(1);
});

test.each<[string, (worker: TestConnection, workerId: string) => void]>([
  ['has closed its connection', (worker) => worker.disconnect()],
  ['has connected again', (_worker, workerId) => void fixture.worker({ workerId })],
])('never records an unchecked outcome of a worker that %s meanwhile', async (_what, leave) => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy(rangeFromBounds(1, 1));
  const workerId = newId(fixture.random);
  const worker = fixture.worker({ workerId });
  const lease = await granted(worker);
  worker.receive(reportOf(lease, 1, ENVELOPE_KIND.value, new Uint8Array([0xc1, 0xff])));
  leave(worker, workerId);
  for (let i = 0; i < 5; i++) await turn();
  expect((await fixture.store.status(jobId))!.status).toMatchObject({ accepted: 0, failed: 0 });
});

test('the scheduler revokes a lease whose job was cancelled in the very commit that granted it', async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy();
  const worker = fixture.worker();
  await turn();
  worker.receive({ type: 'lease.request', request: 1, idle: true });
  await fixture.core.commitQueue.submit('cancel', { jobId, owner: OPERATOR, reason: 'enough' });
  await turn();
  const types = worker.sent.map((m) => m.type);
  expect(types).toEqual(['welcome', 'lease.grant', 'lease.revoke']);
  expect(fixture.core.leases.size).toBe(0);
});

test('the scheduler deletes a lease from the registry when its worker is told that it is lost', async () => {
  fixture = await SchedulerFixture.start();
  await fixture.deploy();
  const worker = fixture.worker();
  const lease = await granted(worker);
  const workerId = [...fixture.core.workers.keys()][0]!;
  const giveBack = () =>
    fixture.core.commitQueue.submit('releaseLease', { leaseId: lease.leaseId, workerId, from: lease.first });
  await giveBack();
  expect(fixture.core.leases.size).toBe(1);
  const { refused } = await worker.request(reportOf(lease, 1, ENVELOPE_KIND.value, new Uint8Array([1])));
  expect(refused?.code).toBe('LEASE_LOST');
  expect(fixture.core.leases.size).toBe(0);

  const other = fixture.worker();
  const second = await granted(other);
  const otherId = [...fixture.core.workers.keys()][1]!;
  await fixture.core.commitQueue.submit('releaseLease', {
    leaseId: second.leaseId,
    workerId: otherId,
    from: second.first,
  });
  const { leaseId } = second;
  expect((await other.request({ type: 'lease.renew', id: 1, leaseIds: [leaseId] })).body).toEqual({
    expired: [leaseId],
  });
  expect(fixture.core.leases.size).toBe(0);
});

test('the scheduler does not change another worker’s lease', async () => {
  fixture = await SchedulerFixture.start();
  await fixture.deploy();
  const lease = await granted(fixture.worker());
  const thief = fixture.worker();
  const { leaseId, first } = lease;
  expect(
    (await thief.request(reportOf(lease, 1, ENVELOPE_KIND.value, new Uint8Array([1])))).refused?.code,
  ).toBe('LEASE_LOST');
  await thief.request({ type: 'lease.renew', id: 2, leaseIds: [leaseId] });
  await thief.request({ type: 'lease.release', id: 3, leaseId, from: first, reason: '' });
  expect(fixture.core.leases.get(leaseId)).toBeDefined();
});

test('the scheduler replaces an older connection of the same worker, and keeps its leases', async () => {
  fixture = await SchedulerFixture.start();
  await fixture.deploy();
  const workerId = newId(fixture.random);
  const old = fixture.worker({ workerId });
  const lease = await granted(old);
  const fresh = fixture.worker({ workerId });
  expect(old.messagesOfType('goodbye')).toHaveLength(1);
  old.disconnect();
  await turn();
  expect(fixture.core.workers.size).toBe(1);
  const report = reportOf(lease, 1, ENVELOPE_KIND.value, new Uint8Array([1]));
  expect((await fresh.request(report)).body).toMatchObject({ next: 2 });
});

test('a lease whose grant was lost is released by the second renewal, if the store refused the first one', async () => {
  let refusals = 1;
  fixture = await SchedulerFixture.start({
    store: (store) => ({
      ...store,
      commit: (commands, roster) => {
        if (!commands.some(({ name }) => name === 'renewLeases') || refusals-- <= 0)
          return store.commit(commands, roster);
        const error = new ManyhandsError('INTERNAL', 'it was not committed');
        return Promise.resolve({
          outcomes: commands.map(() => ({ ok: false, error })),
          events: { journal: new Set(), work: new Map(), revoked: [], jobs: [] },
          workMs: 0,
        });
      },
    }),
  });
  await fixture.deploy();
  const workerId = newId(fixture.random);
  const lost = await granted(fixture.worker({ workerId }));
  const back = fixture.worker({ workerId });
  const renew = (id: number) => back.request({ type: 'lease.renew', id, leaseIds: [] });
  expect((await renew(1)).refused?.code).toBe('INTERNAL');
  expect((await renew(2)).body).toEqual({ expired: [] });
  expect((await granted(fixture.worker())).first).toBe(lost.first);
  fixture.loggedErrors.length = 0;
});

test('the scheduler releases a lease at once whose grant was lost with the connection, without charging an attempt', async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy();
  const workerId = newId(fixture.random);
  const lost = await granted(fixture.worker({ workerId }));
  const back = fixture.worker({ workerId });
  expect((await back.request({ type: 'lease.renew', id: 1, leaseIds: [] })).body).toEqual({ expired: [] });
  const again = await granted(fixture.worker());
  expect(again).toMatchObject({ first: lost.first, jobId });
  expect(again.leaseId).not.toBe(lost.leaseId);
});
