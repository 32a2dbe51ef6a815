/**
 * Limits the size of a bundle. What makes it large is seldom what its author wrote, so the error names the largest parts.
 * @module
 */
import type { Metafile } from 'esbuild';
import { ManyhandsError } from '../lib/errors.js';
import { MODULE_BYTES_MAX } from '../protocol/limits.js';

const PARTS_SHOWN = 10;
const MIB = 1024 * 1024;

/** @throws WORK_FUNCTION_INVALID */
export function checkBundleSize(
  what: string,
  bytes: number,
  metafile: Metafile,
  max = MODULE_BYTES_MAX,
): void {
  if (bytes <= max) return;
  const size = (count: number): string => `${(count / MIB).toFixed(2)} MiB`;
  const parts = largestParts(metafile).map(([name, count]) => `${name} ${size(count)}`);
  throw new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `${what} cannot be shipped: with all that it imports it is ${size(bytes)}, and the limit is ${size(max)}. ` +
      `Its largest parts are ${parts.join(', ')}. Import less of them, or move data into the job’s files.`,
    { limit: 'MODULE_BYTES_MAX', bytes, max },
  );
}

/** The files of which most bytes are in the bundle. */
function largestParts({ outputs }: Metafile): [name: string, bytes: number][] {
  const sizes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [name, { bytesInOutput }] of Object.entries(inputs))
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
  }
  return [...sizes].sort((a, b) => b[1] - a[1]).slice(0, PARTS_SHOWN);
}
