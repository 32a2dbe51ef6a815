/**
 * What is left of a lease after its end, in a whole worker: nothing, however it ended.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { delay } from '../../lib/clock.js';
import { deferred } from '../../lib/deferred.js';
import { encodeRemote } from '../../protocol/input/remote-url.js';
import { ENVELOPE_KIND } from '../../protocol/segment/envelope.js';
import {
  jobId,
  OWNER,
  createWorkerFixture,
  segmentInput,
  trackFixtures,
} from '../../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../../testing/worker/worker-fixture.js';
import { LeaseResources, WorkerLeases } from './worker-leases.js';

const JOB = jobId('job');
const SITE = 'https://data.example';
/** Longer than a sandbox without work is kept, and than a worker that stops waits for replies. */
const AFTERWARDS_MS = 5_000;

const on = trackFixtures();

/** The calls in the worker of the test, which are observed and not changed. */
const watchCalls = () => ({
  add: vi.spyOn(WorkerLeases.prototype, 'add'),
  dispose: vi.spyOn(LeaseResources.prototype, 'dispose'),
});
let calls: ReturnType<typeof watchCalls>;
beforeEach(() => void (calls = watchCalls()));
afterEach(() => vi.restoreAllMocks());

interface Site {
  asked: number;
  answered: number;
  aborted: number;
}

/**
 * A worker whose slices take a second each, from addresses of a site that takes another to answer. `isSlow`: for the fourth
 * slice the site does not answer before the lease ends.
 */
async function start(isSlow: boolean): Promise<WorkerFixture & { site: Site }> {
  const site: Site = { asked: 0, answered: 0, aborted: 0 };
  const laterMs = isSlow ? 14_000 : 1_900;
  const made: WorkerFixture = on(
    createWorkerFixture(
      { slice: (_n, datum) => ({ kind: 'value', value: datum, ms: 1_000 }) },
      { allowOrigins: [SITE], policy: 'cold' },
      {
        fetch: async (input, init) => {
          if (!String(input).startsWith(SITE)) return made.scheduler.blobs.fetch(input, init);
          site.asked++;
          init!.signal!.addEventListener('abort', () => site.aborted++);
          await delay(made.clock, String(input) === `${SITE}/4` ? laterMs : 1_000, init!.signal!);
          site.answered++;
          return Response.json(1);
        },
      },
    ),
  );
  await made.worker.start();
  return { ...made, site };
}

const job = {
  jobId: JOB,
  owner: OWNER,
  total: 10,
  input: segmentInput(10, (writer, n) =>
    writer.appendEnvelope(ENVELOPE_KIND.remote, encodeRemote(`${SITE}/${n}`)),
  ),
  package: { origins: [SITE], limits: { sliceTimeoutMs: 600_000, noProgressMs: 600_000 } },
};

const leaseOf = ({ scheduler }: WorkerFixture): string => scheduler.leases[0]!.leaseId;

describe('nothing of a lease is left, and it was disposed of once, after it', () => {
  it.each<[string, 'fast' | 'slow', (made: WorkerFixture) => unknown]>([
    ['completed', 'fast', ({ clock, scheduler }) => clock.runUntil(() => scheduler.isComplete(JOB))],
    ['was released, since its job was blocked', 'slow', ({ worker }) => worker.block({ jobId: JOB })],
    ['was released, since the worker was paused', 'slow', ({ worker }) => worker.pause()],
    [
      'was recalled slice by slice',
      'fast',
      async (made) => {
        const { clock, scheduler } = made;
        const lease = leaseOf(made);
        for (let recalls = 0; recalls < 4; recalls++) scheduler.recall(lease);
        scheduler.loseGrants();
        await clock.runUntil(() => scheduler.leases.every(({ leaseId }) => leaseId !== lease));
      },
    ],
    ['was revoked', 'slow', ({ scheduler }) => scheduler.pause('a test')],
    [
      'expired, as the reply to a report shows',
      'slow',
      async (made) => {
        await made.scheduler.endLeasesSilently(JOB);
        await made.clock.advance(2_000);
      },
    ],
    [
      'expired while the connection was lost',
      'slow',
      async (made) => {
        made.scheduler.tap.disconnectAll();
        await made.scheduler.endLeasesSilently(JOB);
        await made.clock.advance(2_000);
      },
    ],
    [
      'was released by a worker that stopped',
      'slow',
      ({ clock, worker }) => clock.runUntil(worker.stop({ force: true })),
    ],
    [
      'was held by a worker that stopped without a reply of the scheduler',
      'slow',
      async ({ clock, scheduler, worker }) => {
        const reports = (): number => scheduler.tap.requestsOfType('lease.report').length;
        const before = reports();
        scheduler.tap.beforeRequest = ({ type }) => (type.startsWith('lease.') ? 'lost' : undefined);
        // The report of the running slice has no reply either.
        await clock.runUntil(() => reports() > before);
        await clock.runUntil(worker.stop({ force: true }));
      },
    ],
  ])('%s', async (_how, speed, end) => {
    const made = await start(speed === 'slow');
    const { clock, scheduler, worker, host, site } = made;
    const workerTimers = (): number => clock.timerCount - scheduler.timerCount;
    const timersBefore = workerTimers();
    await scheduler.addJob(job);
    // The third slice runs, and the input of the fourth, of the same lease, is being fetched.
    await clock.runUntil(() => site.asked === 4 && host.runs.size === 3);
    expect([site.answered, scheduler.leases]).toMatchObject([3, [{ next: 3, last: 4 }]]);
    await end(made);
    await clock.advance(AFTERWARDS_MS);

    const leases = calls.add.mock.contexts[0] as WorkerLeases;
    expect(leases.size).toBe(0);
    expect(calls.dispose.mock.contexts).toHaveLength(calls.add.mock.calls.length);
    expect(site.answered + site.aborted).toBe(site.asked);
    // The session has one timer for all of its requests; a fetch that is left has three.
    const timersMax = worker.state === 'stopped' ? 0 : timersBefore + 1;
    expect(workerTimers()).toBeLessThanOrEqual(timersMax);
  });
});

it.each<[string, (made: WorkerFixture) => unknown]>([
  ['its lease is revoked', ({ scheduler }) => scheduler.pause('a test')],
  ['its worker stops', ({ clock, worker }) => clock.runUntil(worker.stop({ force: true }))],
])('a report that waits for the upload of a large result is not kept when %s', async (_why, end) => {
  const upload = deferred();
  let isUploading = false;
  const made: WorkerFixture = on(
    createWorkerFixture(
      { slice: (n) => ({ kind: 'value', value: n === 1 ? 'x'.repeat(1_200_000) : n, ms: 100 }) },
      {},
      {
        fetch: async (input, init) => {
          isUploading = true;
          await upload.promise;
          return made.scheduler.blobs.fetch(input, init);
        },
      },
    ),
  );
  const { clock, scheduler, worker } = made;
  await worker.start();
  await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10 });
  // The digest of the result is computed outside of virtual time.
  const until = (reached: () => boolean): Promise<void> =>
    vi.waitFor(async () => {
      await clock.advance(100);
      expect(reached()).toBe(true);
    });
  await until(() => isUploading);
  await end(made);
  await clock.advance(100);
  expect((calls.add.mock.contexts[0] as WorkerLeases).size).toBe(0);
  upload.resolve();
  await until(() => scheduler.blobs.blobs.size === 1);
  await clock.advance(100);
  expect(scheduler.tap.requestsOfType('lease.report').filter(({ first }) => first === 1)).toEqual([]);
});

it('a lease with malformed inputs is released, and its sandbox gets the next lease', async () => {
  let isMalformed = true;
  const { clock, scheduler, worker, events } = on(createWorkerFixture());
  await worker.start();
  scheduler.tap.changeMessage = (message) => {
    if (message.type !== 'lease.grant' || !isMalformed) return [message];
    isMalformed = false;
    const { lease } = message;
    const [part] = lease.inputs;
    return [{ ...message, lease: { ...lease, inputs: [part!, { ...part!, first: part!.first + 1 }] } }];
  };
  await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 5 });
  await clock.runUntil(() => scheduler.isComplete(JOB));
  expect(scheduler.releases).toMatchObject([
    { from: 1, reason: expect.stringContaining('are not those of') },
  ]);
  expect(events.filter(({ name }) => name === 'warning')).toHaveLength(1);
});
