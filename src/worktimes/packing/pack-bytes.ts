/**
 * Packs sources that are bytes.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { BINARY_SOURCE_BYTES_MAX } from '../../protocol/limits.js';
import type { PackedSource } from './source-packer.js';

const MIB = 1024 * 1024;

/** @throws WORK_FUNCTION_INVALID if there are none or too many */
export function packBytes(bytes: Uint8Array): PackedSource {
  if (bytes.length > 0 && bytes.length <= BINARY_SOURCE_BYTES_MAX) return { bytes, sourceKind: 'bytes' };
  const most = `${BINARY_SOURCE_BYTES_MAX / MIB} MiB (${BINARY_SOURCE_BYTES_MAX} bytes)`;
  const size = bytes.length < MIB ? `${bytes.length} bytes` : `${(bytes.length / MIB).toFixed(1)} MiB`;
  throw new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    bytes.length === 0
      ? 'This work function cannot be shipped: it is empty, 0 bytes.'
      : `This work function cannot be shipped: it is ${size}, and the limit is ${most}. ` +
          'Optimize the build for size, strip names and debug information, or move data into the job’s files.',
    { limit: 'BINARY_SOURCE_BYTES_MAX', bytes: bytes.length },
  );
}
