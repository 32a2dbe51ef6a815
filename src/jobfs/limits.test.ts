import { expect, it } from 'vitest';
import * as protocol from '../protocol/limits.js';
import * as limits from './limits.js';

it('the limits of a bundle are those of the protocol', () => {
  expect(limits.ENTRIES_MAX).toBe(protocol.JOBFS_FILES_MAX);
  expect(limits.FILES_BYTES_MAX).toBe(protocol.JOBFS_BYTES_MAX);
  expect(limits.PATH_BYTES_MAX).toBe(protocol.JOBFS_PATH_BYTES_MAX);
  expect(limits.BUNDLE_BYTES_MAX).toBe(protocol.BLOB_BYTES_MAX);
});

it('every allowed tree can be unpacked', () => {
  // Header, pax header and its record, padding of the record and of the file.
  const overhead = 512 + 512 + limits.PATH_BYTES_MAX + 32 + 511 + 511;
  expect(limits.INFLATED_BYTES_MAX).toBeGreaterThanOrEqual(
    limits.FILES_BYTES_MAX + limits.ENTRIES_MAX * overhead + 1_024,
  );
});
