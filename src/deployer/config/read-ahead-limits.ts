/**
 * The setting `job.readAhead`: how far an input of unknown length is read ahead of the finished slices.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue, readOptions } from '../../lib/options.js';

export interface ReadAheadLimits {
  /** Maximum number of slices that are read and not finished. @default 1,000,000 */
  slices?: number;
  /** Maximum bytes of slices that are sent and not finished. @default 268,435,456 */
  bytes?: number;
}

export const READ_AHEAD_DEFAULT: Required<ReadAheadLimits> = {
  slices: 1_000_000,
  bytes: 256 * 1024 * 1024,
};

/** The limits with their defaults. @throws UNKNOWN_OPTION, INVALID_ARGUMENT */
export function readLimits(given: ReadAheadLimits): Required<ReadAheadLimits> {
  const named = readOptions<ReadAheadLimits>(given, 'job.readAhead', { slices: true, bytes: true });
  const { slices = READ_AHEAD_DEFAULT.slices, bytes = READ_AHEAD_DEFAULT.bytes } = named;
  for (const [name, value] of Object.entries({ slices, bytes })) {
    if (typeof value === 'number' && value >= 1) continue;
    const text = `job.readAhead.${name} must be a number of at least 1, or Infinity; got ${describeValue(value)}.`;
    throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: `job.readAhead.${name}` });
  }
  return { slices, bytes };
}
