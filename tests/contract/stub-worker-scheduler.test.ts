/**
 * The stub scheduler of the worker's unit tests keeps the protocol of the real scheduler: the same requests are sent to it and
 * to the real one, and their messages are compared. Ids, times and texts that each scheduler chooses itself are left out.
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sha256Hex } from '../../src/lib/crypto/sha256.js';
import { rangeDatum, rangeFromBounds } from '../../src/protocol/input/ranges.js';
import { encodeJobPackage } from '../../src/protocol/job/job-package-codec.js';
import type { ClientMessage, Hello, Lease, SchedulerMessage } from '../../src/protocol/messages/messages.js';
import { decodeSchedulerMessage, encodeMessage } from '../../src/protocol/wire/codec.js';
import { PROTOCOL_VERSION } from '../../src/protocol/messages/version.js';
import { acceptClient } from '../../src/scheduler/sessions/open-session.js';
import { OPERATOR, PLAIN_PACKAGE, SchedulerFixture } from '../../src/testing/scheduler/scheduler-fixture.js';
import { StubWorkerScheduler } from '../../src/testing/worker/stub-worker-scheduler.js';
import { memoryPair } from '../../src/transport/memory.js';
import type { Connection } from '../../src/transport/transport.js';
import { WORKTIMES } from '../../src/worktimes/registry.js';
import { segmentOf } from './store-commands.js';

type Request = Extract<ClientMessage, { id: number }>;
/** A request without the id, which the client assigns. */
type Asked = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

const UNKNOWN = 'unknown'.padEnd(22, '_');
const PACKAGE = encodeJobPackage(PLAIN_PACKAGE);
/** Fields whose values each scheduler chooses itself, or that the stub does not count: only their presence is compared. */
const OWN_CHOICE =
  /^(challenge|schedulerId|software|nowMs|ticket|leaseMs|leaseId|message|reason|info|leased|workers)$/;

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

interface WorkerPeer {
  connect(): Connection;
  /** Ends the lease on the side of the scheduler, so that its worker is notified. */
  revoke(leaseId: string): unknown;
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
