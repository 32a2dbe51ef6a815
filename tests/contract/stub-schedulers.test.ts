/**
 * The two stub schedulers of unit tests keep the protocol of the real scheduler: the same requests are sent to a stub and to
 * the real core, and their messages are compared. Ids, times and texts that each scheduler chooses itself are left out.
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sha256Hex } from '../../src/lib/crypto/sha256.js';
import { rangeDatum, rangeFromBounds } from '../../src/protocol/input/ranges.js';
import { encodeJobPackage } from '../../src/protocol/job/job-package-codec.js';
import { FOLLOW_ROW_BYTES } from '../../src/protocol/limits.js';
import type {
  ClientMessage,
  Hello,
  JournalRow,
  Lease,
  SchedulerMessage,
} from '../../src/protocol/messages/messages.js';
import { decodeSchedulerMessage, encodeMessage } from '../../src/protocol/wire/codec.js';
import { PROTOCOL_VERSION } from '../../src/protocol/wire/version.js';
import { acceptClient } from '../../src/scheduler/sessions/open-session.js';
import { StubDeployerScheduler } from '../../src/testing/deployer/stub-deployer-scheduler.js';
import { OPERATOR, PLAIN_PACKAGE, SchedulerFixture } from '../../src/testing/scheduler/scheduler-fixture.js';
import { StubWorkerScheduler } from '../../src/testing/worker/stub-worker-scheduler.js';
import { memoryPair } from '../../src/transport/memory.js';
import type { Connection } from '../../src/transport/transport.js';
import { Keystore } from '../../src/wallet/keystore.js';
import { signChallenge } from '../../src/wallet/session-proof.js';
import { WORKTIMES } from '../../src/worktimes/registry.js';
import { segmentOf } from './store-commands.js';
import { outcomesOf } from './store-fixture.js';

type Request = Extract<ClientMessage, { id: number }>;
/** A request without the id, which the client assigns. */
type Asked = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

const JOB = 'job'.padEnd(22, '_');
const UNKNOWN = 'unknown'.padEnd(22, '_');
const PACKAGE = encodeJobPackage(PLAIN_PACKAGE);
const WINDOW_BYTES = 1_000_000;
/** Fields whose values each scheduler chooses itself, or that a stub does not count: only their presence is compared. */
const OWN_CHOICE =
  /^(challenge|schedulerId|software|nowMs|ticket|leaseMs|leaseId|message|reason|info|leased|workers|cursor)$/;

/** A client that sends messages one by one and keeps what it receives. */
class WireClient {
  readonly received: SchedulerMessage[] = [];
  readonly #connection: Connection;
  #lastId = 0;

  constructor(connection: Connection, hello: Partial<Hello> & Pick<Hello, 'role'>) {
    this.#connection = connection;
    connection.handle({
      message: (bytes) => void this.received.push(decodeSchedulerMessage(bytes)),
      close: () => undefined,
    });
    this.send({ type: 'hello', protocol: PROTOCOL_VERSION, software: 'test', ...hello });
  }

  send(message: ClientMessage): void {
    this.#connection.send(encodeMessage(message));
  }

  /** The first message, past or future, that matches. */
  async message<M extends SchedulerMessage>(
    matches: (message: SchedulerMessage) => message is M,
  ): Promise<M> {
    for (;;) {
      const found = this.received.find(matches);
      if (found !== undefined) return found;
      await nextTurn();
    }
  }

  /** The reply or refusal of a request. */
  request(asked: Asked): Promise<Extract<SchedulerMessage, { replyTo: number }>> {
    const id = ++this.#lastId;
    this.send({ ...asked, id });
    return this.message(
      (m): m is Extract<SchedulerMessage, { replyTo: number }> => 'replyTo' in m && m.replyTo === id,
    );
  }

  get rows(): JournalRow[] {
    return this.received.flatMap((m) => (m.type === 'job.journal' ? m.rows : []));
  }

  async rowsUntil(kind: JournalRow['event']['kind']): Promise<JournalRow[]> {
    while (!this.rows.some(({ event }) => event.kind === kind)) await nextTurn();
    return this.rows;
  }
}

/** A copy in which values that are a scheduler's own choice are replaced by their type. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.map(([key, field]) => [key, OWN_CHOICE.test(key) ? typeof field : comparable(field)]),
  );
}

/** Journal rows without times, and with adjacent rows of outcomes merged: how many slices a row has is not specified. */
function comparableRows(rows: readonly JournalRow[]): unknown {
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1));
  expect(rows.map(({ status }) => status.cursor)).toEqual(rows.map((_, i) => i + 1));
  const kinds = rows
    .map(({ event }) => event.kind)
    .filter((kind, i, all) => kind !== 'outcomes' || all[i - 1] !== kind);
  const others = rows.filter(({ event }) => event.kind !== 'outcomes' && event.kind !== 'completed');
  return comparable({
    kinds,
    events: others.map(({ event, status }) => ({ event, status })),
    outcomes: [...outcomesOf(rows)].sort(([a], [b]) => a - b),
    last: rows.at(-1)!.status,
  });
}

interface DeployerPeer {
  connect(): Promise<Connection>;
  /** Every slice of the job gets its datum as the result. */
  complete(): Promise<void>;
}

interface WorkerPeer {
  connect(): Connection;
  /** Ends the lease on the side of the scheduler, so that its worker is notified. */
  revoke(leaseId: string): unknown;
}

async function proved(peer: DeployerPeer): Promise<WireClient> {
  const identity = await Keystore.create();
  const client = new WireClient(await peer.connect(), { role: 'deployer' });
  const { schedulerId, challenge } = await client.message((m) => m.type === 'welcome');
  const signature = await signChallenge(identity, { schedulerId, challenge });
  await client.request({ type: 'session.prove', address: identity.address, signature });
  return client;
}

/** The whole life of a job, as its deployer sees it. */
async function deployerExchange(peer: DeployerPeer): Promise<unknown[]> {
  const seen: unknown[] = [];
  const unproved = new WireClient(await peer.connect(), { role: 'deployer' });
  seen.push(await unproved.message((m) => m.type === 'welcome'));
  seen.push(await unproved.request({ type: 'job.status', jobId: JOB }));
  const client = await proved(peer);
  const ask = async (asked: Asked): Promise<void> => {
    const { replyTo: _, ...answer } = await client.request(asked);
    seen.push(answer);
  };
  const input = rangeFromBounds(1, 3);
  await ask({ type: 'job.status', jobId: UNKNOWN });
  await ask({ type: 'job.deploy', jobId: JOB, package: PACKAGE });
  await ask({ type: 'job.deploy', jobId: JOB, package: PACKAGE });
  await ask({ type: 'job.append', jobId: JOB, appendId: 'a'.repeat(22), input });
  await ask({ type: 'job.append', jobId: JOB, appendId: 'a'.repeat(22), input });
  await ask({ type: 'job.results', jobId: JOB, from: 1, to: 3 });
  await ask({ type: 'blob.ticket', digest: 'd'.repeat(64), bytes: 10 });
  const other = await proved(peer);
  seen.push(await other.request({ type: 'job.append', jobId: JOB, appendId: 'b'.repeat(22), input }));
  await client.request({ type: 'job.follow', jobId: JOB, after: 0, windowBytes: WINDOW_BYTES });
  await peer.complete();
  await ask({ type: 'job.status', jobId: JOB });
  await ask({ type: 'job.close', jobId: JOB });
  await ask({ type: 'job.close', jobId: JOB });
  await ask({ type: 'job.append', jobId: JOB, appendId: 'c'.repeat(22), input });
  await ask({ type: 'job.cancel', jobId: JOB, reason: 'too late' });
  seen.push(comparableRows(await client.rowsUntil('completed')));
  await ask({ type: 'job.unfollow', jobId: JOB });
  await ask({ type: 'job.unfollow', jobId: JOB });
  return seen.map(comparable);
}

/** A job that is cancelled, followed through a window of one row. */
async function windowExchange(peer: DeployerPeer): Promise<unknown[]> {
  const client = await proved(peer);
  await client.request({ type: 'job.deploy', jobId: JOB, package: PACKAGE });
  await client.request({ type: 'job.follow', jobId: JOB, after: 0, windowBytes: FOLLOW_ROW_BYTES });
  await client.rowsUntil('accepted');
  const cancelled = await client.request({ type: 'job.cancel', jobId: JOB, reason: 'enough' });
  const seen: unknown[] = [cancelled, client.rows.length];
  const input = rangeFromBounds(1, 3);
  seen.push(await client.request({ type: 'job.append', jobId: JOB, appendId: 'a'.repeat(22), input }));
  client.send({ type: 'follow.credit', jobId: JOB, bytes: FOLLOW_ROW_BYTES });
  seen.push(comparableRows(await client.rowsUntil('cancelled')));
  return seen.map(comparable);
}

const isGrantOf =
  (request: number) =>
  (m: SchedulerMessage): m is Extract<SchedulerMessage, { type: 'lease.grant' }> =>
    m.type === 'lease.grant' && m.request === request;

/** Two leases, as their worker sees them: one that it reports and renews, and one that is revoked. */
async function workerExchange(peer: WorkerPeer): Promise<{ seen: unknown[]; lease: Lease }> {
  const worktimes = WORKTIMES.map(({ name, version }) => ({ name, version }));
  const client = new WireClient(peer.connect(), {
    role: 'worker',
    worker: { workerId: 'w'.repeat(22), worktimes, sandboxHost: 'thread', sandboxes: 1 },
  });
  const seen: unknown[] = [await client.message((m) => m.type === 'welcome')];
  const ask = async (asked: Asked): Promise<void> => {
    const { replyTo: _, ...answer } = await client.request(asked);
    seen.push(answer);
  };
  client.send({ type: 'lease.request', request: 1, idle: true });
  const grant = await client.message((m) => m.type === 'lease.grant');
  const { lease } = grant;
  const { inputs, ...rest } = lease;
  const data = inputs.flatMap(({ input }) =>
    input.kind === 'range' ? Array.from({ length: input.count }, (_, i) => rangeDatum(input, i)) : [],
  );
  seen.push({ ...grant, lease: rest }, data);
  const { leaseId, first } = lease;
  const report = {
    type: 'lease.report',
    leaseId,
    first,
    count: 1,
    computeMs: 1,
    segment: segmentOf([1]),
  } as const;
  await ask({ type: 'job.package', jobId: lease.jobId });
  await ask({ type: 'lease.renew', leaseIds: [leaseId, UNKNOWN] });
  await ask({ type: 'blob.ticket', digest: 'd'.repeat(64), bytes: 10 });
  await ask(report);
  await ask(report);
  await ask({ ...report, leaseId: UNKNOWN });
  await ask({ type: 'lease.release', leaseId: UNKNOWN, from: 2, reason: 'stop' });
  await ask({ type: 'ping' });
  client.send({ type: 'lease.request', request: 2, idle: true });
  const second = await client.message(isGrantOf(2));
  await peer.revoke(second.lease.leaseId);
  seen.push(await client.message((m) => m.type === 'lease.revoke'));
  return { seen: seen.map(comparable), lease };
}

function realPeer(fixture: SchedulerFixture): { connect(): Connection } {
  return {
    connect: () => {
      const [client, server] = memoryPair();
      acceptClient(fixture.core, server);
      return client;
    },
  };
}

/** Leases and reports every slice of the job, with its datum as the result. */
async function completeJob(fixture: SchedulerFixture, slices: number): Promise<void> {
  const worker = fixture.worker();
  for (let request = 1, done = 0; done < slices; request++) {
    worker.receive({ type: 'lease.request', request, idle: true });
    const { lease } = await worker.waitForMessage(isGrantOf(request));
    const { leaseId, first, count } = lease;
    const segment = segmentOf(Array.from({ length: count }, (_, i) => first + i));
    await worker.request({ type: 'lease.report', id: request, leaseId, first, count, computeMs: 1, segment });
    done += count;
  }
}

const realDeployerPeer = (fixture: SchedulerFixture): DeployerPeer => ({
  connect: () => Promise.resolve(realPeer(fixture).connect()),
  complete: () => completeJob(fixture, 3),
});

const stubDeployerPeer = (stub: StubDeployerScheduler): DeployerPeer => ({
  connect: () => stub.connect('ws://stub.test/socket'),
  complete: () => {
    stub.commitOutcomes(stub.job, 1, [{ value: 1 }, { value: 2 }, { value: 3 }]);
    return Promise.resolve();
  },
});

it.each([
  ['deploys, fills, follows and closes a job', deployerExchange],
  ['follows a job through a small window and cancels it', windowExchange],
])('the stub scheduler sends the messages of the real one to a deployer that %s', async (_, exchange) => {
  const fixture = await SchedulerFixture.start();
  const real = await exchange(realDeployerPeer(fixture));
  await fixture.close();
  const stub = await exchange(stubDeployerPeer(new StubDeployerScheduler()));
  expect(stub).toEqual(real);
});

it('the stub scheduler sends the messages of the real one to a worker that runs, reports and loses leases', async () => {
  const fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy(rangeFromBounds(1, 100));
  const cancel = (): unknown =>
    fixture.core.commitQueue.submit('cancel', { jobId, owner: OPERATOR, reason: 'test' });
  const real = await workerExchange({ ...realPeer(fixture), revoke: cancel });
  await fixture.close();
  const stub = new StubWorkerScheduler();
  const slicesPerLease = real.lease.count;
  stub.addJob({ jobId, owner: OPERATOR, total: 100, slicesPerLease, package: PLAIN_PACKAGE });
  const connect = (): Connection => {
    const [client, server] = memoryPair();
    stub.accept(server);
    return client;
  };
  const { seen } = await workerExchange({ connect, revoke: (leaseId) => stub.revoke(leaseId) });
  expect(seen).toEqual(real.seen);
  expect(stub.violations).toEqual([]);
  expect(real.lease.packageDigest).toBe(sha256Hex(PACKAGE));
});
