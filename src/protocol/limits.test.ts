import { expect, test } from 'vitest';
import { encodeBlobRef } from './segment/envelope.js';
import * as limits from './limits.js';
import { SegmentWriter } from './segment/segment.js';
import { encodeValue } from './values/values.js';

/** What a message needs beside the one large thing in it: names of fields, ids, a status. */
const MESSAGE_OVERHEAD_BYTES = 64 * 1024;

test('every limit is a whole number above zero', () => {
  for (const [name, value] of Object.entries(limits)) {
    expect(typeof value === 'bigint' || Number.isSafeInteger(value), name).toBe(true);
    expect(value > 0, name).toBe(true);
  }
});

test('what is sent in one message fits in it', () => {
  const room = limits.MESSAGE_BYTES_MAX - MESSAGE_OVERHEAD_BYTES;
  expect(limits.SEGMENT_BYTES_MAX).toBeLessThanOrEqual(room);
  expect(limits.PACKAGE_BYTES_MAX).toBeLessThanOrEqual(room);
  expect(limits.RESULTS_BYTES_MAX).toBeLessThanOrEqual(room);
  // A lease's input may pass its limit by one slice, which is one segment at most.
  expect(limits.LEASE_INPUT_BYTES_MAX + limits.SEGMENT_BYTES_MAX).toBeLessThanOrEqual(room);
  expect(limits.CONSOLE_BYTES_PER_SLICE_MAX).toBeLessThanOrEqual(room);
  expect(limits.MESSAGE_BYTES_MAX).toBeLessThanOrEqual(limits.SOCKET_BUFFER_BYTES_MAX);
  expect(limits.MESSAGE_BYTES_MAX).toBeLessThanOrEqual(limits.FOLLOW_WINDOW_BYTES_MAX);
});

test('sockets: pages and blobs have room beside the connections, and a request has longer than its headers', () => {
  expect(limits.SOCKETS_MAX).toBeGreaterThan(limits.CONNECTIONS_MAX);
  expect(limits.HTTP_HEADERS_MS_MAX).toBeLessThan(limits.HTTP_REQUEST_MS_MAX);
  expect(limits.HTTP_IDLE_MS_MAX).toBeLessThan(limits.HTTP_REQUEST_MS_MAX);
});

test('a full segment of the smallest envelopes is within its bytes', () => {
  const writer = new SegmentWriter();
  for (let i = 0; i < limits.SEGMENT_SLICES_MAX; i++) writer.appendValue(0);
  expect(writer.byteLength).toBeLessThanOrEqual(limits.SEGMENT_BYTES_MAX);
  writer.finish();
  const body = encodeBlobRef({ digest: '0'.repeat(64), bytes: 1 });
  for (let i = 0; i < 1_000; i++) writer.appendEnvelope(1, body);
  expect(writer.byteLength).toBeLessThanOrEqual(limits.SEGMENT_BYTES_MAX);
});

test('what is too large for a message fits in a blob', () => {
  expect(limits.VALUE_BYTES_MAX).toBeGreaterThan(limits.SEGMENT_BYTES_MAX);
  expect(limits.VALUE_BYTES_MAX).toBeLessThanOrEqual(limits.BLOB_BYTES_MAX);
  expect(limits.BLOB_BYTES_MAX).toBeLessThanOrEqual(limits.BLOB_STORE_BYTES_MAX);
  expect(limits.SOURCE_BYTES_MAX).toBeLessThan(limits.PACKAGE_BYTES_MAX);
  expect(limits.JOBFS_PATH_BYTES_MAX).toBeLessThan(limits.JOBFS_BYTES_MAX);
});

test('an error envelope fits in a segment, and its texts in it', () => {
  expect(limits.ERROR_BYTES_MAX).toBeLessThan(limits.SEGMENT_BYTES_MAX);
  // Name, message and stack at up to three bytes a unit.
  expect(3 * 3 * limits.ERROR_TEXT_LENGTH_MAX).toBeLessThan(limits.ERROR_BYTES_MAX);
});

test('values: the longest list fits its bytes, the deepest its stack', () => {
  expect(limits.ARRAY_LENGTH_MAX).toBeLessThanOrEqual(limits.VALUE_BYTES_MAX);
  expect(limits.VALUE_OBJECTS_MAX).toBeLessThan(limits.VALUE_BYTES_MAX);
  expect(limits.REGEXP_UNICODE_LENGTH_MAX).toBeLessThanOrEqual(limits.REGEXP_LENGTH_MAX);
  const float = encodeValue(0.5).length;
  expect(limits.RANGE_GROUP_MAX * float).toBeLessThan(limits.VALUE_BYTES_MAX);
  expect(limits.VALUE_DEPTH_MAX).toBeGreaterThan(limits.MESSAGE_DEPTH_MAX);
});

test('leases', () => {
  expect(limits.LEASE_GRACE_MS).toBeLessThan(limits.LEASE_MS);
  expect(limits.LEASE_TARGET_MS).toBeLessThan(limits.LEASE_MS);
  expect(limits.IDLE_MS_MAX).toBeLessThan(limits.LEASE_MS);
  expect(limits.HANDSHAKE_MS_MAX).toBeLessThan(limits.IDLE_MS_MAX);
  expect(limits.LEASE_SLICES_MAX).toBeLessThanOrEqual(limits.SEGMENT_SLICES_MAX);
  expect(limits.LEASE_SLICES_MAX).toBeLessThan(limits.JOB_SLICES_MAX);
  expect(limits.LEASES_PER_WORKER_MAX).toBeGreaterThanOrEqual(2 * limits.SANDBOXES_PER_WORKER_MAX);
});

test('slices', () => {
  expect(limits.NO_PROGRESS_MS_DEFAULT).toBeLessThan(limits.SLICE_TIMEOUT_MS_MAX);
  expect(limits.PROGRESS_INTERVAL_MS).toBeLessThan(limits.NO_PROGRESS_MS_DEFAULT);
  expect(limits.JOB_SLICES_MAX).toBe(Number.MAX_SAFE_INTEGER);
  expect(limits.WORK_ERRORS_MAX).toBeLessThanOrEqual(limits.LOST_ATTEMPTS_MAX);
  expect(limits.VOTES_MAX).toBeGreaterThanOrEqual(1);
});
