/**
 * Fields that occur in many messages. A check with a name is described once, under that name, in docs/protocol.md and in
 * the JSON Schema.
 * @module
 */
import { ADDRESS_PATTERN } from '../../lib/address.js';
import { ID_PATTERN } from '../../lib/crypto/ids.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import type { WireError } from '../../lib/errors.js';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  EPOCH_MAX,
  ERROR_TEXT_LENGTH_MAX,
  EVENT_BYTES_MAX,
  JOB_SLICES_MAX,
  NAME_LENGTH_MAX,
  REASON_LENGTH_MAX,
  SEGMENT_BYTES_MAX,
  SEGMENT_SLICES_MAX,
} from '../limits.js';
import { described, Mismatch, named, type Check } from '../schema/check.js';
import { isRecord, object, optional } from '../schema/composites.js';
import { bytes, integer, number, oneOf, pattern, text } from '../schema/scalars.js';
import { boundedInfo } from './error-info.js';

/** 64 lower-case hexadecimal digits of a SHA-256. */
export type Digest = string;
export type JobId = string;
export type LeaseId = string;
/** A position in a job's journal: the number of the last row that was received; 0 is before the first. */
export type Cursor = number;

/**
 * 22 characters of `A–Z a–z 0–9 - _`: 128 random bits or more, made by the client
 * (jobs, appends, mints, workers) or the scheduler (leases).
 */
export const id: Check<string> = named('id', pattern(ID_PATTERN, 'an id: 22 characters of base64url'));

/** `0x` and 40 lower-case hexadecimal digits. */
export const address: Check<string> = named(
  'address',
  pattern(ADDRESS_PATTERN, 'an address: 0x and 40 lower-case hexadecimal digits'),
);

/** 64 lower-case hexadecimal digits: a SHA-256, or 256 random bits. */
export const digest: Check<Digest> = named(
  'digest',
  pattern(DIGEST_PATTERN, '64 lower-case hexadecimal digits'),
);

/**
 * `0x` and 130 lower-case hexadecimal digits: r, s, v of an ECDSA signature on
 * secp256k1, with low s and v of 27 or 28.
 */
export const signature: Check<string> = named(
  'signature',
  pattern(/^0x[0-9a-f]{130}$/, 'a signature: 0x and 130 lower-case hexadecimal digits'),
);

/** Text of 1 to 128 units. */
export const name: Check<string> = named('name', text(NAME_LENGTH_MAX, 1));

/** An integer that is exact as a double. */
export const count: Check<number> = named('count', integer(0));

/** The number of a slice, from 1. */
export const sliceNumber: Check<number> = named('slice', integer(1, JOB_SLICES_MAX));

/** Wall time: milliseconds since 1970, which may have a fraction. */
export const wallMs: Check<number> = named('ms', number());

/** A duration, milliseconds. */
export const durationMs: Check<number> = number(0);

/** Encoded envelopes of consecutive slices (docs/values.md). */
export const segmentBytes: Check<Uint8Array> = named('segment', bytes(SEGMENT_BYTES_MAX, 1));

export const segmentCount: Check<number> = integer(1, SEGMENT_SLICES_MAX);
export const sliceCount: Check<number> = integer(0, JOB_SLICES_MAX);
export const cursor: Check<Cursor> = count;
export const epoch: Check<number> = integer(0, EPOCH_MAX);
export const reason: Check<string> = text(REASON_LENGTH_MAX);
export const errorText: Check<string> = text(ERROR_TEXT_LENGTH_MAX);

/** Any map; only its plain values within limits are kept. */
const info: Check<Record<string, unknown>> = described(
  (value) => {
    if (!isRecord(value)) throw new Mismatch('a map');
    return boundedInfo(value);
  },
  { kind: 'open map' },
);

export const wireError: Check<WireError> = named(
  'error',
  object({ code: name, message: errorText, info: optional(info) }),
);

/** How much a console message matters. */
export type ConsoleLevel = 'debug' | 'info' | 'log' | 'warn' | 'error';
export const consoleLevel: Check<ConsoleLevel> = oneOf('debug', 'info', 'log', 'warn', 'error');

/** What a slice prints: the same fields from a worker and to a deployer. */
export const consoleFields = {
  sliceNumber,
  level: consoleLevel,
  message: text(CONSOLE_BYTES_PER_SLICE_MAX),
  /** How often this very message came in a row; once where it is absent. */
  same: optional(integer(1)),
};

/** What a slice emits: the same fields from a worker and to a deployer. */
export const eventFields = {
  sliceNumber,
  /** The name of the event. */
  name,
  /** An encoded value (docs/values.md). */
  value: bytes(EVENT_BYTES_MAX, 1),
};

/** How far a slice is: the same fields from a worker and to a deployer. */
export const progressFields = {
  sliceNumber,
  /** A fraction of the slice. */
  progress: optional(number()),
};
