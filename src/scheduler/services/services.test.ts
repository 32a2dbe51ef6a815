/**
 * The use cases called directly, as a session or a REST handler calls them: no socket and no message is involved.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../../lib/crypto/ids.js';
import { encodeJobPackage } from '../../protocol/job/job-package-codec.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import type { SchedulerMessage, WorkerDescription } from '../../protocol/messages/messages.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import { PLAIN_PACKAGE, SchedulerFixture } from '../../testing/scheduler/scheduler-fixture.js';
import { WORKTIMES } from '../../worktimes/registry.js';
import { OPERATOR_OWNER, type Caller } from './caller.js';
import type { Services } from './scheduler-node.js';

let fixture: SchedulerFixture;
let services: Services;
beforeEach(async () => {
  fixture = await SchedulerFixture.start();
  services = fixture.core.services;
});
afterEach(async () => {
  expect(fixture.loggedErrors).toEqual([]);
  expect(await fixture.store.check()).toEqual([]);
  await fixture.close();
});

const OWNER: Caller = { owner: `0x${'a'.repeat(40)}`, isOperator: false };
const OTHER: Caller = { owner: `0x${'b'.repeat(40)}`, isOperator: false };
const OPERATOR: Caller = { owner: OPERATOR_OWNER, isOperator: true };

/** Deploys a job with three slices. */
async function deploy(caller: Caller): Promise<string> {
  const jobId = newId(fixture.random);
  const { groups } = services.identities.proofsOf('0'.repeat(64));
  const deployed = await services.jobs.deploy(caller, groups, {
    jobId,
    package: encodeJobPackage(PLAIN_PACKAGE),
  });
  expect(await deployed.done).toMatchObject({ jobId, runStatus: 'running' });
  const appendId = newId(fixture.random);
  const appended = await services.jobs.append(caller, { jobId, appendId, input: rangeFromBounds(1, 3) });
  expect(await appended.done).toEqual({ first: 1, count: 3 });
  return jobId;
}

function connectWorker() {
  const sent: SchedulerMessage[] = [];
  const worktimes = WORKTIMES.map(({ name, version }) => ({ name, version }));
  const description: WorkerDescription = {
    ...{ workerId: newId(fixture.random), worktimes, sandboxHost: 'thread', sandboxes: 1 },
  };
  const port = { peer: 'a test', send: (m: SchedulerMessage) => void sent.push(m), dismiss: () => undefined };
  const { groups } = services.identities.proofsOf('0'.repeat(64));
  return { worker: services.workers.connect(port, description, groups), sent };
}

it('an owner deploys, appends, closes and reads a job', async () => {
  const jobId = await deploy(OWNER);
  expect(await services.jobs.close(OWNER, jobId)).toMatchObject({ open: false, total: 3 });
  expect((await services.queries.list(OWNER, { limit: 5 })).jobs.map(({ status }) => status.jobId)).toEqual([
    jobId,
  ]);
  expect(await services.queries.terms(OWNER, jobId)).toMatchObject({ pricePerSlice: 0n });
  expect(await services.queries.follow(OWNER, { jobId, after: 0 })).toMatchObject({ owner: OWNER.owner });
});

it('another owner may neither read nor change the job, and the operator may read and cancel it', async () => {
  const jobId = await deploy(OWNER);
  const refusal = { code: 'NOT_OWNER', info: { jobId } };
  await expect(services.queries.status(OTHER, jobId)).rejects.toMatchObject(refusal);
  await expect(services.queries.results(OTHER, { jobId, from: 1, to: 1 })).rejects.toMatchObject(refusal);
  await expect(services.jobs.cancel(OTHER, { jobId, reason: '' })).rejects.toMatchObject(refusal);
  expect((await services.queries.list(OTHER, { limit: 5 })).jobs).toEqual([]);
  expect((await services.queries.status(OPERATOR, jobId)).status).toMatchObject({ runStatus: 'running' });
  const reason = 'too long';
  expect(await services.jobs.cancel(OPERATOR, { jobId, reason })).toMatchObject({
    runStatus: 'cancelled',
    reason,
  });
});

it('a worker connects, is granted a lease, reports it, and the owner reads the results', async () => {
  const jobId = await deploy(OWNER);
  await services.jobs.close(OWNER, jobId);
  const { worker, sent } = connectWorker();
  await expect(services.workers.readPackage(worker, jobId)).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
  await expect(
    services.workers.issueTicket(worker, { digest: '0'.repeat(64), bytes: 1 }),
  ).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  for (let slice = 1; slice <= 3;) {
    fixture.core.matchmaker.add(worker, { request: slice, idle: true });
    const lease = await expect
      .poll(() => sent.find((m) => m.type === 'lease.grant' && m.request === slice))
      .toBeDefined()
      .then(() => sent.find((m) => m.type === 'lease.grant' && m.request === slice));
    if (lease?.type !== 'lease.grant') throw new Error('no lease was granted');
    const { leaseId, first, count } = lease.lease;
    expect(await services.workers.readPackage(worker, jobId)).toMatchObject({ owner: OWNER.owner });
    expect(await services.workers.issueTicket(worker, { digest: '0'.repeat(64), bytes: 1 })).toMatchObject({
      exists: false,
    });
    const writer = new SegmentWriter();
    for (let i = 0; i < count; i++) writer.appendValue(i);
    const report = { leaseId, first, count, computeMs: 1, segment: writer.finish() };
    expect(await (await services.leases.report(worker, report)).done).toEqual({
      next: first + count,
      paid: 0n,
    });
    slice += count;
  }
  expect((await services.queries.status(OWNER, jobId)).status).toMatchObject({
    runStatus: 'finished',
    accepted: 3,
  });
  const { parts } = await services.queries.results(OWNER, { jobId, from: 1, to: 3 });
  expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(services.operator.listWorkers({ limit: 5 }).workers).toMatchObject([{ slices: 3, failures: 0 }]);
  services.workers.disconnect(worker);
  expect(services.operator.listWorkers({ limit: 5 }).workers).toEqual([]);
});

it('the operator pauses, bans and drains', async () => {
  const jobId = await deploy(OWNER);
  await services.operator.pauseJob({ jobId, reason: 'a check' });
  expect(await services.operator.resumeJob(jobId)).toEqual({ wasPaused: true });
  await services.operator.ban({ subject: OWNER.owner, reason: '' });
  expect(services.operator.bans).toMatchObject([{ subject: OWNER.owner }]);
  await expect(deploy(OWNER)).rejects.toMatchObject({ code: 'BANNED' });
  await services.operator.unban({ subject: OWNER.owner });
  await expect(services.operator.unban({ subject: OWNER.owner })).rejects.toMatchObject({
    code: 'BAN_UNKNOWN',
  });
  expect(services.operator.drain({ on: true })).toEqual({ draining: true, leases: 0 });
  await expect(deploy(OWNER)).rejects.toMatchObject({ code: 'DRAINING' });
});
