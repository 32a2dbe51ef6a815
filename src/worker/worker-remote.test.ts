import { describe, expect, it } from 'vitest';
import { delay } from '../lib/clock.js';
import { ENVELOPE_KIND } from '../protocol/segment/envelope.js';
import type { Input } from '../protocol/messages/messages.js';
import { encodeRemote } from '../protocol/input/remote-url.js';
import {
  jobId,
  OWNER,
  createWorkerFixture,
  segmentInput,
  trackFixtures,
} from '../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../testing/worker/worker-fixture.js';
import { CLOSE_GRACE_MS } from './core/owner-limits.js';

const JOB = jobId('remote');
const SITE = 'https://data.example';
const keep = trackFixtures();

/** The slices in `remote` refer to addresses; the others are their own numbers. */
function mixed(count: number, isRemote: (n: number) => boolean): Input {
  return segmentInput(count, (writer, n) => {
    if (isRemote(n)) writer.appendEnvelope(ENVELOPE_KIND.remote, encodeRemote(`${SITE}/${n}`));
    else writer.appendValue(n);
  });
}

/** The requests to the site, and those that were aborted. */
interface Asked {
  urls: string[];
  aborted: string[];
}

/** A started worker that allows the site, which responds for slice n with n as JSON after `ms` milliseconds. */
async function start(
  ms: number,
  answer = (url: string): Response => Response.json(Number(url.split('/').at(-1))),
  allowOrigins = [SITE],
  sliceMs = 1,
): Promise<WorkerFixture & { asked: Asked }> {
  const asked: Asked = { urls: [], aborted: [] };
  const made: WorkerFixture = keep(
    createWorkerFixture(
      { slice: (_n, datum) => ({ kind: 'value', value: datum, ms: sliceMs }) },
      { allowOrigins, cores: 1 },
      {
        fetch: async (input, init) => {
          const url = String(input);
          if (!url.startsWith(SITE)) return made.scheduler.blobs.fetch(input, init);
          asked.urls.push(url);
          init!.signal!.addEventListener('abort', () => asked.aborted.push(url));
          await delay(made.clock, ms, init!.signal!);
          return answer(url);
        },
      },
    ),
  );
  await made.worker.start();
  return { ...made, asked };
}

const job = (total: number, isRemote = (_n: number): boolean => true, limitMs = 1_000) => ({
  jobId: JOB,
  owner: OWNER,
  total,
  input: mixed(total, isRemote),
  package: { origins: [SITE], limits: { sliceTimeoutMs: limitMs, noProgressMs: limitMs } },
});

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('an input that is an address', () => {
  it('reaches the sandbox as its value, in order, and its fetch does not count towards the time limit of the slice', async () => {
    const { clock, scheduler, worker, host, asked } = await start(10_000);
    await scheduler.addJob(job(12, (n) => n % 5 === 0));
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(await scheduler.values(JOB)).toEqual(upTo(12));
    expect(asked.urls).toEqual([`${SITE}/5`, `${SITE}/10`]);
    expect(scheduler.losses).toEqual([]);
    expect(host.started).toBe(1);
    expect(worker.status.computeMs).toBeLessThan(1_000);
  });

  it('is reported lost alone if it cannot be fetched, and its sandbox continues', async () => {
    const { clock, scheduler, host } = await start(1, (url) =>
      url.endsWith('3') ? new Response('', { status: 404 }) : Response.json(Number(url.split('/').at(-1))),
    );
    await scheduler.addJob(job(8));
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toMatchObject(Array(3).fill({ sliceNumber: 3, code: 'FETCH_FAILED' }));
    expect(scheduler.losses[0]!.message).toContain(`${SITE}/3`);
    expect((await scheduler.values(JOB)).filter((value) => value !== undefined)).toEqual([
      1, 2, 4, 5, 6, 7, 8,
    ]);
    expect(host.started).toBe(1);
  });

  it('counts towards the bytes of the day', async () => {
    const { clock, scheduler, worker } = await start(1, () => new Response('x'.repeat(100_000)));
    const before = worker.status.bytesToday;
    await scheduler.addJob(job(1));
    await clock.runUntil(() => scheduler.isComplete(JOB));
    // Received once from the site, and sent once as the result.
    expect(worker.status.bytesToday - before).toBeGreaterThan(200_000);
  });

  it('is not fetched, and its job not started, if the owner of the machine does not allow its origin', async () => {
    const { clock, scheduler, host, asked } = await start(1, undefined, ['https://other.example']);
    expect(scheduler.descriptions.at(-1)!.allowOrigins).toEqual(['https://other.example']);
    // A scheduler should not grant it; this one does.
    scheduler.changeDescriptions((worker) => ({ ...worker, allowOrigins: [SITE] }));
    scheduler.tap.disconnectAll();
    await scheduler.addJob(job(3));
    await clock.advance(5_000);
    expect([asked.urls, host.started, scheduler.losses]).toEqual([[], 0, []]);
    expect(scheduler.releases.length).toBeGreaterThan(0);
  });

  it('of an origin that its job has not declared is reported lost without a fetch', async () => {
    const { clock, scheduler, asked } = await start(1);
    const { package: pkg, ...rest } = job(2, (n) => n === 1);
    await scheduler.addJob({ ...rest, package: { limits: pkg.limits } });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toMatchObject(Array(3).fill({ sliceNumber: 1, code: 'ORIGIN_NOT_ALLOWED' }));
    expect(asked.urls).toEqual([]);
  });
});

it('the next input is fetched while a slice runs, and aborted if its slice is released', async () => {
  const { clock, scheduler, host, asked } = await start(1_000, undefined, undefined, 1_000);
  await scheduler.addJob(job(10, undefined, 60_000));
  await clock.runUntil(() => asked.urls.length === host.runs.size + 1 && host.runs.size > 1);
  const next = asked.urls.length;
  expect(scheduler.outcomeCount(JOB)).toBe(next - 2);
  const { leaseId } = scheduler.leaseOf(JOB, next)!;
  expect(scheduler.leaseOf(JOB, next - 1)!.leaseId).toBe(leaseId);
  for (let recalls = 0; recalls < 4; recalls++) scheduler.recall(leaseId);
  await clock.advance(0);
  expect(asked.aborted).toEqual([`${SITE}/${next}`]);
  await clock.runUntil(() => scheduler.isComplete(JOB));
  expect(await scheduler.values(JOB)).toEqual(upTo(10));
  expect(asked.urls).toHaveLength(11);
});

describe('a fetch in flight', () => {
  it.each<[string, (made: WorkerFixture) => unknown]>([
    ['the worker stops', ({ worker }) => worker.stop({ force: true })],
    ['the worker pauses', ({ worker }) => worker.pause()],
    ['its job is blocked', ({ worker }) => worker.block({ jobId: JOB })],
    ['its owner is blocked', ({ worker }) => worker.block({ owner: OWNER })],
    ['its lease is lost', ({ scheduler }) => scheduler.pause('a test')],
    ['its origin is allowed no more', ({ worker }) => (worker.options.allowOrigins = [])],
  ])('is broken off when %s, uncharged', async (_what, act) => {
    const made = await start(50_000);
    const { clock, scheduler, asked } = made;
    await scheduler.addJob(job(4));
    await clock.runUntil(() => asked.urls.length > 0);
    void act(made);
    await clock.advance(CLOSE_GRACE_MS + 200);
    expect(asked.aborted).toEqual(asked.urls);
    expect(scheduler.losses).toEqual([]);
    expect(scheduler.leases.length).toBe(0);
  });
});

it('the jobs of an origin run again when it is allowed again; other jobs ran meanwhile', async () => {
  const { clock, scheduler, worker, asked } = await start(5_000);
  await scheduler.addJob(job(4));
  await clock.runUntil(() => asked.urls.length > 0);
  worker.options.allowOrigins = ['https://other.example'];
  await clock.advance(1_000);
  expect(scheduler.descriptions.at(-1)!.allowOrigins).toEqual(['https://other.example']);
  worker.options.allowOrigins = ['https://other.example', SITE];
  await clock.runUntil(() => scheduler.isComplete(JOB));
  expect(await scheduler.values(JOB)).toEqual([1, 2, 3, 4]);
  expect(scheduler.losses).toEqual([]);
});

it('a site that asks clients to wait gets no requests, and its slices run afterwards, uncharged', async () => {
  let left = 1;
  const { clock, scheduler, asked } = await start(1, (url) =>
    left-- > 0
      ? new Response('', { status: 503, headers: { 'retry-after': '60' } })
      : Response.json(Number(url.split('/').at(-1))),
  );
  await scheduler.addJob(job(1));
  await clock.advance(59_000);
  expect(asked.urls).toHaveLength(1);
  await clock.runUntil(() => scheduler.isComplete(JOB));
  expect([await scheduler.values(JOB), scheduler.losses, asked.urls.length]).toEqual([[1], [], 2]);
});

describe('a site that asks clients to wait again and again', () => {
  const refusal = (): Response => new Response('', { status: 429, headers: { 'retry-after': '60' } });

  it('makes its slices fail with the reason after ten minutes', async () => {
    const { clock, scheduler, asked } = await start(1, refusal);
    await scheduler.addJob(job(3));
    await clock.advance(9 * 60_000);
    expect(scheduler.losses).toEqual([]);
    await clock.advance(4 * 60_000);
    const losses = scheduler.losses.map(({ sliceNumber, code }) => `${sliceNumber} ${code}`);
    expect(losses.sort()).toEqual([1, 2, 3].flatMap((n) => Array<string>(3).fill(`${n} FETCH_FAILED`)));
    expect(scheduler.losses[0]!.message).toMatch(
      /for 1\d minutes it has only asked clients to wait, \d+ times/,
    );
    expect(asked.urls.length).toBeLessThan(45);
  });

  it('makes only the slice fail whose address is always refused', async () => {
    const { clock, scheduler } = await start(1, (url) =>
      url.endsWith('/2') ? refusal() : Response.json(Number(url.split('/').at(-1))),
    );
    await scheduler.addJob(job(3));
    await clock.advance(20 * 60_000);
    expect(scheduler.losses).toMatchObject(Array(3).fill({ sliceNumber: 2, code: 'FETCH_FAILED' }));
    expect((await scheduler.values(JOB)).filter((value) => value !== undefined)).toEqual([1, 3]);
  });
});
