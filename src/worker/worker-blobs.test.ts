import { describe, expect, it } from 'vitest';
import { delay } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { sha256Hex } from '../lib/crypto/sha256.js';
import { decodeBlobRef, decodeError, encodeBlobRef, ENVELOPE_KIND } from '../protocol/segment/envelope.js';
import type { Input } from '../protocol/messages/messages.js';
import { decodeValue, encodeValue } from '../protocol/values/values.js';
import {
  jobId,
  OWNER,
  createWorkerFixture,
  segmentInput,
  trackFixtures,
} from '../testing/worker/worker-fixture.js';
import type { WorkerFixture } from '../testing/worker/worker-fixture.js';

const JOB = jobId('job');

const on = trackFixtures();

/** Input in which the slices in `blobs` refer to blobs; the others are their own numbers. */
function mixed(count: number, blobs: Record<number, string>): Input {
  return segmentInput(count, (writer, n) => {
    const digest = blobs[n];
    if (digest === undefined) writer.appendValue(n);
    else writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef({ digest, bytes: 10 }));
  });
}

describe('an input that is a blob', () => {
  it('is fetched, verified, and sent to the sandbox before its batch, while later batches wait', async () => {
    const made: WorkerFixture = on(
      createWorkerFixture(
        { slice: (n) => ({ kind: 'value', value: n, ms: 1 }) },
        {},
        {
          fetch: (input, init) => delay(made.clock, 500).then(() => made.scheduler.blobs.fetch(input, init)),
        },
      ),
    );
    const { clock, scheduler, worker, host } = made;
    const bytes = encodeValue('large');
    const other = scheduler.blobs.store(encodeValue('larger'));
    const input = mixed(20, { 3: scheduler.blobs.store(bytes).digest, 8: other.digest });
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 20, input });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(await scheduler.values(JOB)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(host.blobs.get(sha256Hex(bytes))).toEqual(bytes);
    expect(host.started).toBe(1);
  });

  it('is reported lost, alone, if the scheduler has no such blob, or a different one', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => ({ kind: 'value', value: n, ms: 1 }) }),
    );
    const forged = '1'.repeat(64);
    scheduler.blobs.blobs.set(forged, new Uint8Array(5));
    await worker.start();
    const input = mixed(10, { 3: '0'.repeat(64), 6: forged });
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10, input });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(scheduler.losses.map((l) => l.sliceNumber)).toEqual([3, 6, 3, 6, 3, 6]);
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
            broken.now
              ? Promise.reject(new TypeError('fetch failed'))
              : made.scheduler.blobs.fetch(input, init),
        },
      ),
    );
    const { clock, scheduler, worker } = made;
    await worker.start();
    const input = mixed(10, { 3: scheduler.blobs.store(encodeValue('x')).digest });
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 10, input });
    await clock.runUntil(() => scheduler.releases.length > 0);
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
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 9 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const outcome = (await scheduler.outcomes(JOB)).get(4)!;
    expect(outcome.kind).toBe(ENVELOPE_KIND.blob);
    const ref = decodeBlobRef(outcome.body);
    expect(decodeValue(scheduler.blobs.blobs.get(ref.digest)!)).toBe(large);
    expect(ref.bytes).toBe(scheduler.blobs.blobs.get(ref.digest)!.byteLength);
    const reports = scheduler.tap.requestsOfType('lease.report');
    expect(Math.max(...reports.map(({ segment }) => segment!.byteLength))).toBeLessThan(1024 * 1024);
  });

  it('becomes the error of its slice if the scheduler does not store it', async () => {
    const { clock, scheduler, worker } = on(
      createWorkerFixture({ slice: (n) => ({ kind: 'value', value: n === 2 ? large : n, ms: 30 }) }),
    );
    scheduler.tap.beforeRequest = ({ type }) => {
      if (type === 'blob.ticket') throw new ManyhandsError('LIMIT_EXCEEDED', 'No room.');
    };
    await worker.start();
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 3 });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    const outcome = (await scheduler.outcomes(JOB)).get(2)!;
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
          fetch: (input, init) => (fetched++, made.scheduler.blobs.fetch(input, init)),
        },
      ),
    );
    const { clock, scheduler, worker, host } = made;
    const bytes = new TextEncoder().encode('(x) => x');
    const { digest } = scheduler.blobs.store(bytes);
    await worker.start();
    const source = { blob: digest, bytes: bytes.byteLength };
    await scheduler.addJob({ jobId: JOB, owner: OWNER, total: 40, package: { source } });
    await clock.runUntil(() => scheduler.isComplete(JOB));
    expect(host.started).toBe(2);
    expect(host.assignments[0]!.blobs[digest]).toEqual(bytes);
    expect(fetched).toBe(1);
  });
});
