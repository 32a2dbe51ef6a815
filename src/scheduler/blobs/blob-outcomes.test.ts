/**
 * Outcomes that are blobs: accepted and paid only when the blob is stored and is an encoded value, whatever its size.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../lib/crypto/random.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { encodeBlobRef, ENVELOPE_KIND, type BlobRef } from '../../protocol/segment/envelope.js';
import type { Lease } from '../../protocol/messages/messages.js';
import { rangeFromBounds } from '../../protocol/input/ranges.js';
import { SegmentWriter } from '../../protocol/segment/segment.js';
import { encodeValue } from '../../protocol/values/values.js';
import { SchedulerFixture, type TestConnection } from '../../testing/scheduler/scheduler-fixture.js';
import type { BlobStore } from './blob-store.js';
import { openFileBlobs } from './file-blobs.js';

let folder: string;
let blobs: BlobStore;
let fixture: SchedulerFixture;
/** How often a blob was read. */
let reads: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyhands-outcomes-'));
  reads = 0;
  const files = await openFileBlobs(folder, systemRandom);
  blobs = {
    ...files,
    get: (digest) => {
      reads += 1;
      return files.get(digest);
    },
  };
  fixture = await SchedulerFixture.start({ blobs });
});
afterEach(async () => {
  expect(fixture.loggedErrors).toEqual([]);
  expect(await fixture.store.check()).toEqual([]);
  await fixture.close();
  await rm(folder, { recursive: true });
});

async function put(bytes: Uint8Array): Promise<BlobRef> {
  const digest = sha256Hex(bytes);
  await blobs.put(digest, bytes.length, [bytes] as unknown as AsyncIterable<Uint8Array>);
  return { digest, bytes: bytes.length };
}

async function granted(worker: TestConnection): Promise<Lease> {
  worker.receive({ type: 'lease.request', request: 1, idle: true });
  return (await worker.waitForMessage((m) => m.type === 'lease.grant')).lease;
}

/** Reports the lease's next slices as those blobs. */
function report(worker: TestConnection, lease: Lease, id: number, ...refs: BlobRef[]) {
  const writer = new SegmentWriter();
  for (const ref of refs) writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef(ref));
  const { leaseId, first } = lease;
  const body = { leaseId, first, count: refs.length, computeMs: 1, segment: writer.finish() };
  return worker.request({ type: 'lease.report', id, ...body });
}

/** Larger than what is read of a file at a time. */
const LARGE = { text: 'ä'.repeat(200_000), numbers: Array.from({ length: 100_000 }, (_, i) => i / 3) };

test('the scheduler refuses an outcome until its blob is stored', async () => {
  const jobId = await fixture.deploy();
  const worker = fixture.worker();
  const lease = await granted(worker);
  const absent = { digest: 'b'.repeat(64), bytes: 5 };
  expect((await report(worker, lease, 20, absent)).refused?.code).toBe('BLOB_UNKNOWN');
  expect((await report(worker, lease, 21, await put(encodeValue(LARGE)))).body).toMatchObject({ next: 2 });
  expect((await fixture.store.status(jobId))!.status.accepted).toBe(1);
});

const whole = encodeValue(LARGE);
test.each<[string, Uint8Array, number]>([
  ['is truncated', whole.subarray(0, -1), 0],
  ['has bytes after the value', Uint8Array.of(...encodeValue('a value'), 0), 0],
  ['has no encoded value', new TextEncoder().encode('<html>'.repeat(20_000)), 0],
  ['is empty', new Uint8Array(0), 0],
  ['has another size than its reference', encodeValue([1, 2, 3]), 1],
])('refuses an outcome whose blob %s, and charges an attempt to the slice', async (_what, bytes, more) => {
  const jobId = await fixture.deploy(rangeFromBounds(1, 1));
  const worker = fixture.worker();
  const lease = await granted(worker);
  const ref = await put(bytes);
  const { refused } = await report(worker, lease, 1, { ...ref, bytes: ref.bytes + more });
  expect(refused?.code).toBe('SEGMENT_MALFORMED');
  expect((await fixture.store.status(jobId))!.status).toMatchObject({ accepted: 0, failed: 0, leased: 0 });
  expect((await granted(fixture.worker())).first).toBe(1);
});

test('the scheduler reads no blob that is named for a lease of another worker', async () => {
  await fixture.deploy();
  const lease = await granted(fixture.worker());
  const ref = await put(whole);
  const { refused } = await report(fixture.worker(), lease, 1, ref);
  expect(refused?.code).toBe('LEASE_LOST');
  expect(reads).toBe(0);
});

test('the scheduler reads a blob once, however often outcomes name it', async () => {
  await fixture.deploy();
  const ref = await put(whole);
  for (let slice = 1; slice <= 3; slice++) {
    const worker = fixture.worker();
    const { refused } = await report(worker, await granted(worker), slice, ref);
    expect(refused).toBeUndefined();
  }
  expect(reads).toBe(1);
});
