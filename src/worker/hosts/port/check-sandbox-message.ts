/**
 * Validates every message that a sandbox posts: the result is a new object of one of the protocol's message types, within
 * its limits, or the reason to end the sandbox.
 * @module
 */
import { ENVELOPE_KIND } from '../../../protocol/segment/envelope.js';
import {
  CONSOLE_BYTES_PER_SLICE_MAX,
  ERROR_BYTES_MAX,
  ERROR_TEXT_LENGTH_MAX,
  LEASE_SLICES_MAX,
  SEGMENT_BYTES_MAX,
  SNAPSHOT_BYTES_MAX,
  VALUE_BYTES_MAX,
} from '../../../protocol/limits.js';
import type { ConsoleLevel } from '../../../protocol/messages/messages.js';
import type { SandboxToSupervisor } from '../../../protocol/messages/sandbox-messages.js';
import { SegmentReader } from '../../../protocol/segment/segment.js';

/** Maximum overhead of a segment with one value of the largest size, bytes. */
const SEGMENT_OVERHEAD_BYTES = 1_024;
const CODE_LENGTH_MAX = 64;
const NONCE_LENGTH_MAX = 64;
const LEVELS: ReadonlySet<unknown> = new Set<ConsoleLevel>(['debug', 'info', 'log', 'warn', 'error']);

/** The validated message, or a sentence that says what is wrong with it. */
export type Checked = { ok: SandboxToSupervisor } | { violation: string };

/** Validates a posted value; never throws. */
export function checkSandboxMessage(raw: unknown): Checked {
  if (!isRecord(raw)) return violation('something that is no message');
  switch (raw.type) {
    case 'assigned':
    case 'warmed':
      return { ok: { type: raw.type, ...(raw.incompatible === true ? { incompatible: true } : {}) } };
    case 'quiesced':
    case 'pong':
      return typeof raw.nonce === 'string' && raw.nonce.length <= NONCE_LENGTH_MAX
        ? { ok: { type: raw.type, nonce: raw.nonce } }
        : violation('a malformed answer');
    case 'assign-failed':
    case 'warm-failed':
      return checkSetupFailed(raw.type, raw);
    case 'snapshot':
      return checkSnapshot(raw);
    case 'begin':
      return isSlice(raw.sliceNumber)
        ? { ok: { type: 'begin', sliceNumber: raw.sliceNumber } }
        : violation('a malformed beginning');
    case 'outcomes':
      return checkOutcomes(raw);
    case 'progress':
      return checkProgress(raw);
    case 'console':
      return checkConsole(raw);
    default:
      return violation('a message of an unknown type');
  }
}

type Raw = Record<string, unknown>;

function checkSetupFailed(type: 'assign-failed' | 'warm-failed', { error }: Raw): Checked {
  if (!isRecord(error) || typeof error.code !== 'string' || typeof error.message !== 'string') {
    return violation('a malformed refusal of its job');
  }
  const code = error.code.slice(0, CODE_LENGTH_MAX);
  return { ok: { type, error: { code, message: error.message.slice(0, ERROR_TEXT_LENGTH_MAX) } } };
}

function checkSnapshot({ bytes }: Raw): Checked {
  const fits =
    bytes instanceof Uint8Array &&
    bytes.buffer instanceof ArrayBuffer &&
    bytes.byteLength <= SNAPSHOT_BYTES_MAX;
  return fits ? { ok: { type: 'snapshot', bytes } } : violation('a snapshot that is none, or is too large');
}

function checkOutcomes({ batch, first, count, segment, computeMs, done }: Raw): Checked {
  if (!isCount(batch) || !isSlice(first) || !isCount(count) || count > LEASE_SLICES_MAX) {
    return violation('malformed outcomes');
  }
  if (
    typeof done !== 'boolean' ||
    typeof computeMs !== 'number' ||
    !(computeMs >= 0 && computeMs < Infinity)
  ) {
    return violation('malformed outcomes');
  }
  // Shared memory could change after the check.
  if (!(segment instanceof Uint8Array) || !(segment.buffer instanceof ArrayBuffer))
    return violation('no bytes');
  const wrong = checkSegment(segment, count);
  if (wrong !== undefined) return violation(wrong);
  return { ok: { type: 'outcomes', batch, first, count, segment, computeMs, done } };
}

/** Only values and errors may come out of a sandbox; the other kinds are created by the supervisor and the deployer. */
function checkSegment(segment: Uint8Array, count: number): string | undefined {
  const bytesMax = count === 1 ? VALUE_BYTES_MAX + SEGMENT_OVERHEAD_BYTES : SEGMENT_BYTES_MAX;
  if (segment.byteLength > bytesMax)
    return `outcomes of ${segment.byteLength} bytes, where ${bytesMax} is the most`;
  let reader: SegmentReader;
  try {
    reader = new SegmentReader(segment);
  } catch {
    return 'outcomes that are no segment';
  }
  if (reader.count !== count) return `${reader.count} outcomes as ${count}`;
  for (let i = 0; i < count; i++) {
    const kind = reader.kind(i);
    if (kind === ENVELOPE_KIND.value) continue;
    if (kind !== ENVELOPE_KIND.error) return `an outcome of kind ${kind}`;
    if (reader.body(i).byteLength > ERROR_BYTES_MAX) return `an error of more than ${ERROR_BYTES_MAX} bytes`;
  }
  return undefined;
}

function checkProgress({ sliceNumber, progress }: Raw): Checked {
  if (!isSlice(sliceNumber)) return violation('malformed progress');
  if (progress === undefined) return { ok: { type: 'progress', sliceNumber } };
  if (typeof progress !== 'number' || !(progress >= 0 && progress <= 1))
    return violation('malformed progress');
  return { ok: { type: 'progress', sliceNumber, progress } };
}

function checkConsole({ sliceNumber, level, message, same }: Raw): Checked {
  if (!isSlice(sliceNumber) || !LEVELS.has(level) || typeof message !== 'string') {
    return violation('a malformed console message');
  }
  const checked = {
    type: 'console' as const,
    sliceNumber,
    level: level as ConsoleLevel,
    message: message.slice(0, CONSOLE_BYTES_PER_SLICE_MAX),
  };
  if (same === undefined) return { ok: checked };
  return isCount(same) ? { ok: { ...checked, same } } : violation('a malformed console message');
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

const isSlice = isCount;

function violation(what: string): Checked {
  return { violation: `The sandbox posted ${what}.` };
}
