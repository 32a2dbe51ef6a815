import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../lib/crypto/ids.js';
import { encodeJobPackage } from '../../protocol/job/job-package-codec.js';
import type { Lease } from '../../protocol/messages/messages.js';
import type { Ban, WorkerListing } from '../../protocol/messages/operator-messages.js';
import { DRAIN_MS_MAX } from '../../protocol/limits.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import {
  PLAIN_PACKAGE,
  SchedulerFixture,
  type TestConnection,
} from '../../testing/scheduler/scheduler-fixture.js';
import { Keystore } from '../../wallet/keystore.js';
import { signChallenge } from '../../wallet/session-proof.js';

let fixture: SchedulerFixture;
let nextId: number;
beforeEach(async () => {
  fixture = await SchedulerFixture.start();
  nextId = 100;
});
afterEach(async () => {
  expect(fixture.loggedErrors).toEqual([]);
  expect(await fixture.store.check()).toEqual([]);
  await fixture.close();
});

type Asked = Parameters<TestConnection['request']>[0];
const ask = (who: TestConnection, message: object) => who.request({ ...message, id: nextId++ } as Asked);
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};
const grants = (worker: TestConnection): Lease[] =>
  worker.messagesOfType('lease.grant').map(({ lease }) => lease);
const statusOf = async (jobId: string) => (await fixture.store.status(jobId))!.status;
const events = (): string[] => fixture.logEntries.map(({ event }) => event);

async function deployer(
  key = fixture.random.bytes(32),
): Promise<{ connection: TestConnection; owner: string }> {
  const keystore = await Keystore.fromPrivateKey(key);
  const connection = fixture.connect({ role: 'deployer' });
  const { schedulerId, challenge } = connection.messagesOfType('welcome')[0]!;
  const signature = await signChallenge(keystore, { schedulerId, challenge });
  const answer = await ask(connection, { type: 'session.prove', address: keystore.address, signature });
  if (answer.refused !== undefined) throw Object.assign(new Error('refused'), answer.refused);
  return { connection, owner: keystore.address };
}

async function deploy(connection: TestConnection): Promise<string> {
  const jobId = newId(fixture.random);
  const { body } = await ask(connection, {
    type: 'job.deploy',
    jobId,
    package: encodeJobPackage(PLAIN_PACKAGE),
  });
  expect(body).toBeDefined();
  await ask(connection, {
    type: 'job.append',
    jobId,
    appendId: newId(fixture.random),
    input: rangeFromBounds(1, 10),
  });
  return jobId;
}

describe('a job that the operator pauses', () => {
  it('has its leases revoked uncharged, is leased to no worker, reports the reason, and continues after it is resumed', async () => {
    const { connection } = await deployer();
    const jobId = await deploy(connection);
    const operator = fixture.operator();
    const worker = fixture.worker();
    worker.receive({ type: 'lease.request', request: 1, idle: true });
    const { lease } = await worker.waitForMessage((m) => m.type === 'lease.grant');
    expect((await ask(operator, { type: 'job.pause', jobId, reason: 'ask me first' })).body).toEqual({});
    expect(worker.messagesOfType('lease.revoke')).toMatchObject([{ leaseId: lease.leaseId }]);
    worker.receive({ type: 'lease.request', request: 2, idle: true });
    await turns();
    expect(grants(worker)).toHaveLength(1);
    const paused = (await ask(connection, { type: 'job.status', jobId })).body;
    expect(paused).toMatchObject({ status: { runStatus: 'paused', reason: 'ask me first', leased: 0 } });
    // Requests of its owner do not resume it.
    await ask(connection, {
      type: 'job.append',
      jobId,
      appendId: newId(fixture.random),
      input: rangeFromBounds(1, 5),
    });
    expect((await statusOf(jobId)).runStatus).toBe('paused');
    // A second pause without a reason keeps the first one.
    await ask(operator, { type: 'job.pause', jobId, reason: '' });
    expect((await statusOf(jobId)).reason).toBe('ask me first');
    expect((await ask(operator, { type: 'job.resume', jobId })).body).toEqual({ wasPaused: true });
    expect((await ask(operator, { type: 'job.resume', jobId })).body).toEqual({ wasPaused: false });
    await turns();
    expect(grants(worker)).toHaveLength(2);
    expect(await statusOf(jobId)).toMatchObject({ runStatus: 'running', total: 15, failed: 0 });
    expect(events()).toEqual(expect.arrayContaining(['deployed', 'paused', 'resumed']));
  });

  it('cannot be paused when it has ended or does not exist', async () => {
    const { connection } = await deployer();
    const jobId = await deploy(connection);
    const operator = fixture.operator();
    expect((await ask(operator, { type: 'job.cancel', jobId, reason: 'mines coins' })).body).toMatchObject({
      status: { runStatus: 'cancelled', reason: 'mines coins' },
    });
    for (const type of ['job.pause', 'job.resume'])
      expect((await ask(operator, { type, jobId, reason: '' })).refused?.code).toBe('JOB_STATE');
    const unknown = { type: 'job.pause', jobId: newId(fixture.random), reason: '' };
    expect((await ask(operator, unknown)).refused?.code).toBe('JOB_UNKNOWN');
  });
});

describe('workers', () => {
  it('are listed with their statistics, one page at a time', async () => {
    await fixture.deploy();
    const workers = [fixture.worker(), fixture.worker(), fixture.worker()];
    workers[0]!.receive({ type: 'lease.request', request: 1, idle: true });
    await workers[0]!.waitForMessage((m) => m.type === 'lease.grant');
    const operator = fixture.operator();
    const first = (await ask(operator, { type: 'worker.list', limit: 2 })).body as {
      workers: WorkerListing[];
      more: boolean;
    };
    expect(first.more).toBe(true);
    const after = first.workers.at(-1)!.workerId;
    const rest = (await ask(operator, { type: 'worker.list', limit: 2, after })).body as typeof first;
    expect(rest.more).toBe(false);
    const all = [...first.workers, ...rest.workers];
    expect(all.map(({ leases }) => leases).sort()).toEqual([0, 0, 1]);
    expect(all[0]).toMatchObject({
      sandboxHost: 'thread',
      sandboxes: 1,
      peer: 'a test',
      slices: 0,
      failures: 0,
    });
  });

  it('that are evicted get the reason, and their slices are leased again at once', async () => {
    await fixture.deploy(rangeFromBounds(1, 1));
    const worker = fixture.worker();
    worker.receive({ type: 'lease.request', request: 1, idle: true });
    await worker.waitForMessage((m) => m.type === 'lease.grant');
    const other = fixture.worker();
    other.receive({ type: 'lease.request', request: 1, idle: true });
    const operator = fixture.operator();
    const [workerId] = [...fixture.core.workers.keys()];
    expect((await ask(operator, { type: 'worker.evict', workerId, reason: 'it lies' })).body).toEqual({});
    expect(worker.sent.at(-1)).toMatchObject({
      type: 'goodbye',
      error: { code: 'EVICTED', message: expect.stringContaining('it lies') as unknown },
    });
    worker.disconnect();
    await turns();
    expect(grants(other)).toHaveLength(1);
    expect((await ask(operator, { type: 'worker.evict', workerId, reason: '' })).refused?.code).toBe(
      'WORKER_UNKNOWN',
    );
    expect(events()).toEqual(expect.arrayContaining(['joined', 'evicted', 'left']));
  });
});

describe('bans', () => {
  it('of an identity end its connections and pause its jobs, and can be removed', async () => {
    const { connection, owner } = await deployer();
    const jobId = await deploy(connection);
    const payee = fixture.worker({ paymentAddress: owner });
    const operator = fixture.operator();
    const subject = owner.toUpperCase().replace('0X', '0x');
    expect((await ask(operator, { type: 'ban.add', subject, reason: 'spam' })).body).toMatchObject({
      ban: { subject: owner, kind: 'identity', reason: 'spam' },
    });
    for (const one of [connection, payee])
      expect(one.sent.at(-1)).toMatchObject({ type: 'goodbye', error: { code: 'BANNED' } });
    expect(await statusOf(jobId)).toMatchObject({
      runStatus: 'paused',
      reason: expect.stringContaining('spam') as unknown,
    });
    const again = fixture.worker({ paymentAddress: owner });
    expect(again.sent.at(-1)).toMatchObject({ type: 'goodbye', error: { code: 'BANNED' } });
    const { bans } = (await ask(operator, { type: 'ban.list' })).body as { bans: Ban[] };
    expect(bans).toMatchObject([{ subject: owner, kind: 'identity', reason: 'spam' }]);
    expect((await ask(operator, { type: 'ban.remove', subject: owner })).body).toEqual({});
    expect((await statusOf(jobId)).runStatus).toBe('running');
    expect((await ask(operator, { type: 'ban.remove', subject: owner })).refused?.code).toBe('BAN_UNKNOWN');
    expect(fixture.worker({ paymentAddress: owner }).messagesOfType('welcome')).toHaveLength(1);
  });

  it('of an identity leave jobs that the operator paused directly paused after their removal', async () => {
    const { connection, owner } = await deployer();
    const jobId = await deploy(connection);
    const operator = fixture.operator();
    await ask(operator, { type: 'job.pause', jobId, reason: 'ask me first' });
    await ask(operator, { type: 'ban.add', subject: owner, reason: 'spam' });
    await ask(operator, { type: 'ban.remove', subject: owner });
    expect(await statusOf(jobId)).toMatchObject({ runStatus: 'paused', reason: 'ask me first' });
  });

  it('of an identity refuse its proof of address', async () => {
    const key = fixture.random.bytes(32);
    const { owner } = await deployer(key);
    await ask(fixture.operator(), { type: 'ban.add', subject: owner, reason: '' });
    await expect(deployer(key)).rejects.toMatchObject({ code: 'BANNED' });
    await deployer();
  });

  it('of a worker and of a network refuse their connections', async () => {
    const workerId = newId(fixture.random);
    const worker = fixture.worker({ workerId });
    const operator = fixture.operator();
    await ask(operator, { type: 'ban.add', subject: workerId, reason: 'it lies' });
    expect(worker.sent.at(-1)).toMatchObject({ type: 'goodbye', error: { code: 'BANNED' } });
    expect(fixture.worker({ workerId }).sent.at(-1)).toMatchObject({ type: 'goodbye' });
    await ask(operator, { type: 'ban.add', subject: '203.0.113.0/24', reason: 'a flood' });
    await ask(operator, { type: 'ban.add', subject: '2001:db8::/32', reason: 'a flood' });
    const refused = ['203.0.113.9:1', '::ffff:203.0.113.9:1', '2001:db8:1::5:77'];
    for (const peer of refused) expect(fixture.core.bans.refusal({ peer })?.code).toBe('BANNED');
    for (const peer of ['203.0.114.9:1', '2001:db9::1:7', 'a test'])
      expect(fixture.core.bans.refusal({ peer })).toBeUndefined();
  });

  it.each(['nobody', '10.0.0.0/33', '10.0.0.0/x', '0x12', '127.0.0.1', '0.0.0.0/1', '::/1', '10.0.0.1/0'])(
    'of %s are refused',
    async (subject) => {
      const answer = await ask(fixture.operator(), { type: 'ban.add', subject, reason: '' });
      expect(answer.refused?.code).toBe('INVALID_ARGUMENT');
    },
  );
});

describe('draining', () => {
  it('grants no leases and accepts no new jobs, while running slices end', async () => {
    const { connection } = await deployer();
    await deploy(connection);
    const worker = fixture.worker();
    worker.receive({ type: 'lease.request', request: 1, idle: true });
    const { lease } = await worker.waitForMessage((m) => m.type === 'lease.grant');
    const operator = fixture.operator();
    const answer = await ask(operator, { type: 'scheduler.drain', on: true });
    expect(answer.body).toEqual({ draining: true, leases: 1 });
    worker.receive({ type: 'lease.request', request: 2, idle: true });
    const fresh = {
      type: 'job.deploy',
      jobId: newId(fixture.random),
      package: encodeJobPackage(PLAIN_PACKAGE),
    };
    expect((await ask(connection, fresh)).refused?.code).toBe('DRAINING');
    const { leaseId, first } = lease;
    await ask(worker, { type: 'lease.release', leaseId, from: first, reason: 'enough' });
    await turns();
    expect(grants(worker)).toHaveLength(1);
    await fixture.clock.advance(1_000);
    await fixture.core.draining.whenDrained;
    expect((await ask(operator, { type: 'scheduler.drain', on: false })).body).toMatchObject({
      draining: false,
    });
    await turns();
    expect(grants(worker)).toHaveLength(2);
  });
});

describe('a drain with a limit', () => {
  /** Grants a lease whose worker reports nothing. */
  async function grantSilentLease(): Promise<void> {
    const { connection } = await deployer();
    await deploy(connection);
    const worker = fixture.worker();
    worker.receive({ type: 'lease.request', request: 1, idle: true });
    await worker.waitForMessage((m) => m.type === 'lease.grant');
  }
  const limited = (limitMs?: number) =>
    ask(fixture.operator(), { type: 'scheduler.drain', on: true, ...(limitMs !== undefined && { limitMs }) });
  const isDrained = async (): Promise<boolean> => {
    let is = false;
    void fixture.core.draining.whenDrained.then(() => (is = true));
    await turns();
    return is;
  };

  it('counts as drained at its limit although a lease is still active, and logs it', async () => {
    await grantSilentLease();
    await limited(2_000);
    await fixture.clock.advance(1_000);
    expect(await isDrained()).toBe(false);
    await fixture.clock.advance(1_500);
    expect(await isDrained()).toBe(true);
    expect(fixture.logEntries).toContainEqual({ event: 'drained', leases: 1 });
  });

  it('gets a new limit when it is requested again, and none after it is cancelled', async () => {
    await grantSilentLease();
    await limited(1_000);
    await ask(fixture.operator(), { type: 'scheduler.drain', on: false });
    await fixture.clock.advance(2_000);
    expect(await isDrained()).toBe(false);
    await limited(60_000);
    await limited(1_000);
    await fixture.clock.advance(2_000);
    expect(await isDrained()).toBe(true);
  });

  it('is refused with a limit of more than a day', async () => {
    expect((await limited(DRAIN_MS_MAX + 1)).refused?.code).toBe('MESSAGE_MALFORMED');
  });
});

it('no other client may make operator requests', async () => {
  const { connection } = await deployer();
  const jobId = await deploy(connection);
  const messages = [
    { type: 'job.pause', jobId, reason: '' },
    { type: 'job.resume', jobId },
    { type: 'worker.list', limit: 1 },
    { type: 'worker.evict', workerId: jobId, reason: '' },
    { type: 'ban.add', subject: '203.0.113.1', reason: '' },
    { type: 'ban.remove', subject: '203.0.113.1' },
    { type: 'ban.list' },
    { type: 'scheduler.drain', on: true },
  ];
  for (const message of messages) {
    for (const who of [connection, fixture.worker()])
      expect([message.type, (await ask(who, message)).refused?.code]).toEqual([message.type, 'FORBIDDEN']);
  }
  expect(fixture.core.draining.isOn).toBe(false);
});

it('refusals and minted credits are logged', async () => {
  const operator = fixture.operator();
  fixture.connect({ role: 'operator', operatorToken: 'wrong' });
  const amount = 5n;
  await ask(operator, {
    type: 'account.mint',
    address: `0x${'7'.repeat(40)}`,
    amount,
    mintId: newId(fixture.random),
  });
  expect(fixture.logEntries).toContainEqual(
    expect.objectContaining({ event: 'refused', code: 'FORBIDDEN', peer: 'a test' }),
  );
  expect(fixture.logEntries).toContainEqual(expect.objectContaining({ event: 'minted', amount }));
  expect(JSON.stringify(fixture.logEntries, (_, v: unknown) => String(v))).not.toContain('f'.repeat(64));
});
