import { afterEach, expect, test } from 'vitest';
import { newId } from '../../lib/crypto/ids.js';
import { encodeBlobRef, ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import type { JobPackage } from '../../protocol/job/job-package.js';
import { encodeJobPackage } from '../../protocol/job/job-package-codec.js';
import { REQUEST_BYTES_IN_FLIGHT_MAX, SOCKET_BUFFER_BYTES_LOW } from '../../protocol/limits.js';
import type { Input } from '../../protocol/messages/messages.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import { PLAIN_PACKAGE, SchedulerFixture } from '../../testing/scheduler/scheduler-fixture.js';

let fixture: SchedulerFixture;
afterEach(async () => {
  expect(fixture.loggedErrors).toEqual([]);
  await fixture.close();
});

const WINDOW = 1024 * 1024;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function segment(fill: (writer: SegmentWriter) => void): Input {
  const writer = new SegmentWriter();
  fill(writer);
  const { count } = writer;
  return { kind: 'segment', count, segment: writer.finish() };
}

test('the scheduler sends the reply to a follow before the first rows', async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy();
  const deployer = fixture.operator();
  await deployer.request({ type: 'job.follow', id: 1, jobId, after: 0, windowBytes: WINDOW });
  await deployer.waitForMessage((m) => m.type === 'job.journal');
  expect(deployer.sent.map((m) => m.type)).toEqual(['welcome', 'reply', 'job.journal']);
});

test('the scheduler reads no journal for a connection that ended while its follow was checked', async () => {
  let reads = 0;
  fixture = await SchedulerFixture.start({
    store: (store) => ({ ...store, journal: (...args) => (reads++, store.journal(...args)) }),
  });
  const jobId = await fixture.deploy();
  const deployer = fixture.operator();
  deployer.receive({ type: 'job.follow', id: 1, jobId, after: 0, windowBytes: WINDOW });
  deployer.disconnect();
  await turn();
  await fixture.append(jobId, rangeFromBounds(1, 5));
  await turn();
  expect(reads).toBe(0);
});

test("the scheduler sends a follower no rows while its socket's buffer is full, and continues when it has drained", async () => {
  fixture = await SchedulerFixture.start();
  const jobId = await fixture.deploy();
  const deployer = fixture.operator();
  deployer.bufferedBytes = SOCKET_BUFFER_BYTES_LOW + 1;
  await deployer.request({ type: 'job.follow', id: 1, jobId, after: 0, windowBytes: WINDOW });
  await turn();
  expect(deployer.messagesOfType('job.journal')).toEqual([]);
  deployer.drain();
  const { rows } = await deployer.waitForMessage((m) => m.type === 'job.journal');
  expect(rows.map((row) => row.seq)).toEqual([1, 2]);
});

test('the scheduler reads no further requests while the unanswered ones have too many bytes', async () => {
  const held: (() => void)[] = [];
  let isSlow = false;
  fixture = await SchedulerFixture.start({
    store: (store) => ({
      ...store,
      commit: async (commands, roster) => {
        if (isSlow) await new Promise<void>((resolve) => held.push(resolve));
        return store.commit(commands, roster);
      },
    }),
  });
  const jobId = await fixture.deploy();
  const deployer = fixture.operator();
  isSlow = true;
  const large = segment((writer) => writer.appendValue('x'.repeat(1_000_000)));
  const count = 12;
  const answers = Array.from({ length: count }, (_, i) =>
    deployer.request({ type: 'job.append', id: i + 1, jobId, appendId: newId(fixture.random), input: large }),
  );
  expect(deployer.isPaused).toBe(true);
  isSlow = false;
  while (deployer.sent.length < count + 1) {
    for (const go of held.splice(0)) go();
    await turn();
  }
  for (const { body } of await Promise.all(answers)) expect(body).toMatchObject({ count: 1 });
  expect(deployer.isPaused).toBe(false);
  expect(count * 1_000_000).toBeGreaterThan(REQUEST_BYTES_IN_FLIGHT_MAX);
});

test('the scheduler ends the session of a dismissed client without waiting for its socket to close', async () => {
  fixture = await SchedulerFixture.start();
  const worker = fixture.worker();
  worker.receive({ type: 'lease.request', request: 1, idle: true });
  await turn();
  worker.receiveBytes(new Uint8Array([0xc1]));
  expect(worker.closed).toBeDefined();
  expect(fixture.core.workers.size).toBe(0);
  const jobId = await fixture.deploy();
  await turn();
  expect((await fixture.store.status(jobId))!.status.leased).toBe(0);
  worker.disconnect();
});

test('the scheduler refuses a request whose reply cannot be encoded, and keeps the connection', async () => {
  fixture = await SchedulerFixture.start({
    store: (store) => ({
      ...store,
      account: () => Promise.resolve({ balance: 2n ** 70n, escrow: 0n, earned: 0n }),
    }),
  });
  const operator = fixture.operator();
  const answer = await operator.request({ type: 'account.show', id: 1, address: `0x${'a'.repeat(40)}` });
  expect(answer.refused?.code).toBe('INVALID_ARGUMENT');
  expect((await operator.request({ type: 'ping', id: 2 })).body).toBeDefined();
});

test.each([
  ['votes', { votes: 2 }],
  ['requirements', { requirements: { webgpu: true } }],
])(
  'the scheduler refuses a job whose %s ask for a feature that no worker implements',
  async (field, asked) => {
    fixture = await SchedulerFixture.start();
    const operator = fixture.operator();
    const deploy = (pkg: Partial<JobPackage>, id: number) =>
      operator.request({
        type: 'job.deploy',
        id,
        jobId: newId(fixture.random),
        package: encodeJobPackage({ ...PLAIN_PACKAGE, ...pkg }),
      });
    expect((await deploy({}, 1)).refused).toBeUndefined();
    expect((await deploy(asked, 2)).refused).toMatchObject({ code: 'PACKAGE_MALFORMED', info: { field } });
  },
);

test('the scheduler looks up a blob once, however often an input names it, and never for clients without a proved address', async () => {
  let lookups = 0;
  fixture = await SchedulerFixture.start({ blobs: { size: () => Promise.resolve(++lookups) } });
  const jobId = await fixture.deploy();
  const body = encodeBlobRef({ digest: 'a'.repeat(64), bytes: 5 });
  const input = segment((writer) => {
    for (let i = 0; i < 1_000; i++) writer.appendEnvelope(ENVELOPE_KIND.blob, body);
  });
  const append = { type: 'job.append' as const, id: 1, jobId, appendId: newId(fixture.random), input };
  expect((await fixture.connect({ role: 'deployer' }).request(append)).refused?.code).toBe('UNAUTHENTICATED');
  expect(lookups).toBe(0);
  expect((await fixture.operator().request(append)).body).toEqual({ first: 11, count: 1_000 });
  expect(lookups).toBe(1);
});

test('expensive requests that one client sends at once are spread over turns of the event loop', async () => {
  let workedMs = 0;
  fixture = await SchedulerFixture.start({
    defer: (fn) => void setImmediate(fn),
    store: (store) => ({ ...store, jobs: (...args) => ((workedMs += 20), store.jobs(...args)) }),
  });
  const { clock } = fixture;
  const atStartMs = clock.monotonicMs();
  clock.monotonicMs = () => atStartMs + workedMs;
  const client = fixture.operator();
  const count = 20;
  for (let id = 1; id <= count; id++) client.receive({ type: 'job.list', id, limit: 1 });
  for (let replies = 0; replies < count;) {
    const before = replies;
    await turn();
    replies = client.sent.filter(({ type }) => type === 'reply').length;
    expect(replies - before).toBeLessThanOrEqual(2);
  }
});

test('requests of a client that has left are not executed any more, except those that it may send as its last', async () => {
  let reads = 0;
  fixture = await SchedulerFixture.start({
    store: (store) => ({ ...store, jobs: (...args) => (reads++, store.jobs(...args)) }),
  });
  const jobId = await fixture.deploy();
  const client = fixture.operator();
  for (let id = 1; id <= 50; id++) client.receive({ type: 'job.list', id, limit: 1 });
  client.receive({ type: 'job.cancel', id: 51, jobId, reason: 'I leave' });
  client.disconnect();
  for (let i = 0; i < 5; i++) await turn();
  expect(reads).toBeLessThanOrEqual(1);
  expect((await fixture.store.status(jobId))!.status).toMatchObject({ runStatus: 'cancelled' });
});
