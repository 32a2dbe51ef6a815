import { describe, expect, it } from 'vitest';
import { delay } from '../lib/clock.js';
import { sha256Hex } from '../lib/crypto/sha256.js';
import { decodeBlobRef, decodeError, encodeBlobRef, ENVELOPE_KIND } from '../protocol/segment/envelope.js';
import type { InputPart } from '../protocol/messages/messages.js';
import { SegmentWriter } from '../protocol/segment/segment.js';
import { decodeValue, encodeValue } from '../protocol/values/values.js';
import type { StubWorkerScheduler } from '../testing/worker/stub-worker-scheduler.js';
import { jobId, OWNER, createWorkerFixture, trackFixtures } from '../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../testing/worker/worker-fixture.js';

const JOB = jobId('job');

const on = trackFixtures();

/** Input in which the slices in `blobs` refer to blobs; the others are their own numbers. */
function mixed(blobs: Map<number, string>) {
  return (first: number, count: number): InputPart[] => {
    const writer = new SegmentWriter();
    for (let n = first; n < first + count; n++) {
      const digest = blobs.get(n);
      if (digest === undefined) writer.appendValue(n);
      else writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef({ digest, bytes: 10 }));
    }
    return [{ first, input: { kind: 'segment', count, segment: writer.finish() } }];
  };
}

function put(scheduler: StubWorkerScheduler, bytes: Uint8Array): string {
  const digest = sha256Hex(bytes);
  scheduler.blobs.set(digest, bytes);
  return digest;
}

describe('an input that is a blob', () => {
  it('is fetched, verified, and sent to the sandbox before its batch, while later batches wait', async () => {
    const made: WorkerFixture = on(
      createWorkerFixture(
        { slice: (n) => ({ kind: 'value', value: n, ms: 1 }) },
        {},
        { fetch: (input, init) => delay(made.clock, 500).then(() => made.scheduler.fetch(input, init)) },
      ),
    );
    const { clock, scheduler, worker, host } = made;
    const bytes = encodeValue('large');
    const input = mixed(
      new Map([
        [3, put(scheduler, bytes)],
        [8, put(scheduler, encodeValue('larger'))],
      ]),
    );
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 20, slicesPerLease: 20, sliceMs: 1, input });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.values(JOB)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(host.blobs.get(sha256Hex(bytes))).toEqual(bytes);
    expect(host.started).toBe(1);
  });

  it('is reported lost, alone, if the scheduler has no such blob, or a different one', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => ({ kind: 'value', value: n, ms: 1 }) }),
    );
    const forged = '1'.repeat(64);
    scheduler.blobs.set(forged, new Uint8Array(5));
    await worker.start();
    const input = mixed(
      new Map([
        [3, '0'.repeat(64)],
        [6, forged],
      ]),
    );
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10, sliceMs: 1, input, attemptsMax: 1 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses.map((l) => l.sliceNumber)).toEqual([3, 6]);
    expect(scheduler.losses.every((l) => l.code === 'ASSIGN_FAILED')).toBe(true);
  });

  it('is released uncharged while it cannot be fetched', async () => {
    const broken = { now: true };
    const made: WorkerFixture = on(
      createWorkerFixture(
        { slice: (n) => ({ kind: 'value', value: n, ms: 1 }) },
        {},
        {
          fetch: (input, init) =>
            broken.now ? Promise.reject(new TypeError('fetch failed')) : made.scheduler.fetch(input, init),
        },
      ),
    );
    const { clock, scheduler, worker } = made;
    await worker.start();
    const input = mixed(new Map([[3, put(scheduler, encodeValue('x'))]]));
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10, sliceMs: 1, input });
    await clock.runUntil(() => scheduler.returns.length > 0);
    broken.now = false;
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses).toEqual([]);
  });
});

describe('a result that is too large for a segment', () => {
  const large = 'x'.repeat(1_200_000);

  it('is stored as a blob, and reported in order with the others', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => ({ kind: 'value', value: n === 4 ? large : n, ms: 30 }) }),
    );
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 9, sliceMs: 30 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const outcome = scheduler.outcomes.get(JOB)!.get(4)!;
    expect(outcome.kind).toBe(ENVELOPE_KIND.blob);
    const ref = decodeBlobRef(outcome.body);
    expect(decodeValue(scheduler.blobs.get(ref.digest)!)).toBe(large);
    expect(ref.bytes).toBe(scheduler.blobs.get(ref.digest)!.byteLength);
    expect(Math.max(...scheduler.reports.map((r) => r.bytes))).toBeLessThan(1024 * 1024);
  });

  it('becomes the error of its slice if the scheduler does not store it', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => ({ kind: 'value', value: n === 2 ? large : n, ms: 30 }) }),
    );
    scheduler.intercept = (request) =>
      request.type === 'blob.ticket' ? { code: 'LIMIT_EXCEEDED', message: 'No room.' } : true;
    await worker.start();
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3, sliceMs: 30 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const outcome = scheduler.outcomes.get(JOB)!.get(2)!;
    expect(outcome.kind).toBe(ENVELOPE_KIND.error);
    expect(decodeError(outcome.body)).toMatchObject({ code: 'RESULT_TOO_LARGE' });
  });
});

describe('a job whose parts are blobs', () => {
  it('is set up with all of them, each fetched once', async () => {
    let fetched = 0;
    const made: WorkerFixture = on(
      createWorkerFixture(
        { slice: (n) => ({ kind: 'value', value: n }) },
        { cores: 2 },
        {
          fetch: (input, init) => (fetched++, made.scheduler.fetch(input, init)),
        },
      ),
    );
    const { clock, scheduler, worker, host } = made;
    const bytes = new TextEncoder().encode('(x) => x');
    const digest = put(scheduler, bytes);
    await worker.start();
    const source = { blob: digest, bytes: bytes.byteLength };
    scheduler.addJob({ jobId: JOB, owner: OWNER, total: 40, package: { source } });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(host.started).toBe(2);
    expect(host.assignments[0]!.blobs[digest]).toEqual(bytes);
    expect(fetched).toBe(1);
  });
});
