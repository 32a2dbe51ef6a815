/**
 * Shapes that occur in messages of both directions.
 * @module
 */
import type { WireError } from '../../lib/errors.js';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  EPOCH_MAX,
  ERROR_TEXT_LENGTH_MAX,
  JOB_SLICES_MAX,
  NAME_LENGTH_MAX,
  RANGE_GROUP_MAX,
  REASON_LENGTH_MAX,
  SEGMENT_BYTES_MAX,
  SEGMENT_SLICES_MAX,
} from '../limits.js';
import {
  address,
  boolean,
  bytes,
  digest,
  finite,
  id,
  info,
  integer,
  object,
  oneOf,
  optional,
  refine,
  signature,
  tagged,
  text,
  units,
} from './message-checks.js';
import type {
  Input,
  JobStatus,
  RangeInput,
  SegmentInput,
  SegmentPart,
  WireOffer,
  WorktimeName,
} from '../messages/messages.js';
import { isSoundRange } from '../input/ranges.js';

export const name = text(NAME_LENGTH_MAX, 1);
export const reason = text(REASON_LENGTH_MAX);
export const errorText = text(ERROR_TEXT_LENGTH_MAX);
export const consoleText = text(CONSOLE_BYTES_PER_SLICE_MAX);
export const consoleLevel = oneOf('debug', 'info', 'log', 'warn', 'error');
export const sliceNumber = integer(1, JOB_SLICES_MAX);
export const sliceCount = integer(0, JOB_SLICES_MAX);
export const cursor = integer(0);
export const epoch = integer(0, EPOCH_MAX);
export const segmentBytes = bytes(SEGMENT_BYTES_MAX, 1);
export const segmentCount = integer(1, SEGMENT_SLICES_MAX);
/** Wall time, milliseconds; may have a fraction. */
export const wallMs = finite;

export const wireError = object<WireError>({
  code: name,
  message: errorText,
  info: optional(info),
});

/** What a slice prints and how far it is: the same fields from a worker and to a deployer. */
export const consoleFields = {
  sliceNumber,
  level: consoleLevel,
  message: consoleText,
  same: optional(integer(1)),
};
export const progressFields = { sliceNumber, progress: optional(finite) };

export const worktimeName = object<WorktimeName>({ name, version: name });

const rangeShape = object<RangeInput>({
  kind: oneOf('range'),
  start: finite,
  step: finite,
  count: integer(1, JOB_SLICES_MAX),
  group: optional(integer(1, RANGE_GROUP_MAX)),
  values: optional(integer(1)),
  offset: optional(integer(0, JOB_SLICES_MAX)),
});

export const rangeInput = refine(rangeShape, isSoundRange, 'a range whose numbers agree and are all finite');

export const segmentInput = object<SegmentInput>({
  kind: oneOf('segment'),
  count: segmentCount,
  segment: segmentBytes,
});

export const input = tagged<Input>('kind', { range: rangeInput, segment: segmentInput });

export const segmentPart = object<SegmentPart>({
  first: sliceNumber,
  count: segmentCount,
  segment: segmentBytes,
});

export const signedOffer = object<WireOffer>({
  account: address,
  owner: address,
  packageDigest: digest,
  pricePerSlice: units,
  ceiling: units,
  acceptBeforeMs: integer(0),
  nonce: digest,
  signature,
});

export const jobStatus = object<JobStatus>({
  jobId: id,
  runStatus: oneOf('running', 'paused', 'finished', 'cancelled'),
  open: boolean,
  total: sliceCount,
  leased: sliceCount,
  accepted: sliceCount,
  failed: sliceCount,
  workers: integer(0),
  cursor,
  paid: units,
  reason: optional(reason),
});
