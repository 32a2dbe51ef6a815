/**
 * Encodes and decodes messages: each is one MessagePack map of plain values. Encoding refuses everything else. Decoding
 * bounds size, nesting and number of values, checks every field, and builds a new object of the known fields. A field that
 * this version does not know is dropped, so that later versions can add fields.
 * @module
 */
import type * as Msgpackr from 'msgpackr';
import * as packing from 'msgpackr/pack';
import * as unpacking from 'msgpackr/unpack';
import { ManyhandsError } from '../../lib/errors.js';
import type { WireError } from '../../lib/errors.js';
import { truncateText } from '../../lib/text.js';
import { scanMessage } from './codec-scan.js';
import { ERROR_TEXT_LENGTH_MAX, MESSAGE_BYTES_MAX, NAME_LENGTH_MAX } from '../limits.js';
import { boundedInfo } from '../messages/error-info.js';
import { hello, welcome } from '../messages/handshake.js';
import { CLIENT_NOTICES, REQUESTS } from '../messages/messages.js';
import type { ClientMessage, ReplyBody, RequestType, SchedulerMessage } from '../messages/messages.js';
import { refusal, reply, SCHEDULER_NOTICES } from '../messages/scheduler-messages.js';
import { PROTOCOL_VERSION } from '../messages/version.js';
import { Mismatch } from '../schema/check.js';
import type { Check } from '../schema/check.js';

// The entries `msgpackr/pack` and `/unpack` do not load msgpackr's native string reader: no native code reads what a peer
// sent. Node's module resolution finds no declarations for these two entries; their classes are those of the main entry.
const { Packr } = packing as Pick<typeof Msgpackr, 'Packr'>;
const { Unpackr } = unpacking as Pick<typeof Msgpackr, 'Unpackr'>;

const PLAIN: Msgpackr.Options & { skipValues: unknown[] } = {
  useRecords: false,
  variableMapSize: true,
  skipValues: [undefined],
};
const packr = new Packr(PLAIN);
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

/**
 * The bytes of `message`; fields that are undefined are left out. The bytes are never changed afterwards.
 * @throws INVALID_ARGUMENT where something in it is not plain, MESSAGE_TOO_LARGE past `MESSAGE_BYTES_MAX`.
 */
export function encodeMessage(message: ClientMessage | SchedulerMessage): Uint8Array {
  let encoded: Uint8Array;
  try {
    encoded = packr.pack('error' in message ? { ...message, error: sendable(message.error) } : message);
  } catch (cause) {
    throw notPlain(message.type, cause);
  }
  if (encoded.length > MESSAGE_BYTES_MAX) throw tooLarge(encoded.length, message.type);
  try {
    scanMessage(encoded);
  } catch (cause) {
    throw notPlain(message.type, cause);
  }
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.length);
}

/**
 * A client's message, checked in every field.
 * @throws MESSAGE_TOO_LARGE, MESSAGE_MALFORMED, MESSAGE_UNKNOWN, and PROTOCOL_VERSION for a `hello` of another version.
 *   `info.path` is the path of the wrong field; `info.id` is the request's id, where it is known, for the refusal.
 */
export function decodeClientMessage(bytes: Uint8Array): ClientMessage {
  const raw = unpack(bytes);
  const type = raw.type;
  if (type === 'hello') {
    sameProtocol(raw.protocol);
    return { type, ...checked(hello, raw, type) };
  }
  if (Object.hasOwn(REQUESTS, type)) {
    const id = requestId(raw);
    if (id === undefined) throw malformed(type, 'id', 'an integer from 0 to 2^53 - 1', undefined);
    const body = checked<object>(REQUESTS[type as RequestType].request, raw, type, id);
    return { type, id, ...body } as ClientMessage;
  }
  if (Object.hasOwn(CLIENT_NOTICES, type)) {
    const body = checked<object>(CLIENT_NOTICES[type as keyof typeof CLIENT_NOTICES], raw, type);
    return { type, ...body } as ClientMessage;
  }
  throw unknown(type, requestId(raw));
}

/**
 * A scheduler's message, checked in every field, except the body of a `reply`, which `decodeReply` checks.
 * @throws MESSAGE_TOO_LARGE, MESSAGE_MALFORMED, MESSAGE_UNKNOWN, and PROTOCOL_VERSION for a `welcome` of another version.
 */
export function decodeSchedulerMessage(bytes: Uint8Array): SchedulerMessage {
  const raw = unpack(bytes);
  const type = raw.type;
  if (type === 'welcome') {
    sameProtocol(raw.protocol);
    return { type, ...checked(welcome, raw, type) };
  }
  if (type === 'reply') return { type, ...checked(reply, raw, type) };
  if (type === 'refusal') return { type, ...checked(refusal, raw, type) };
  if (Object.hasOwn(SCHEDULER_NOTICES, type)) {
    const body = checked<object>(SCHEDULER_NOTICES[type as keyof typeof SCHEDULER_NOTICES], raw, type);
    return { type, ...body } as SchedulerMessage;
  }
  throw unknown(type, undefined);
}

/**
 * The body of the reply to a request of `type`, checked in every field.
 * @throws MESSAGE_MALFORMED: `info` has the path of the wrong field and what was expected there.
 */
export function decodeReply<K extends RequestType>(type: K, body: unknown): ReplyBody<K> {
  return checked(REQUESTS[type].reply as Check<ReplyBody<K>>, body, `reply to ${type}`);
}

/** The codec of a client's session. */
export const clientCodec = {
  encode: encodeMessage,
  decode: decodeSchedulerMessage,
  reply: (type: string, body: unknown): unknown => decodeReply(type as RequestType, body),
};

/** The error as it is sent: texts are truncated to their limits, and of `info` only plain values are kept. */
function sendable(error: WireError): WireError {
  const sent: WireError = {
    code: truncateText(error.code, NAME_LENGTH_MAX),
    message: truncateText(error.message, ERROR_TEXT_LENGTH_MAX),
  };
  if (error.info !== undefined) sent.info = boundedInfo(error.info);
  return sent;
}

function unpack(bytes: Uint8Array): Record<string, unknown> & { type: string } {
  if (bytes.length > MESSAGE_BYTES_MAX) throw tooLarge(bytes.length);
  scanMessage(bytes);
  // Without this view msgpackr returns binary of a Buffer as a Buffer, not as a Uint8Array.
  const raw: unknown = unpackr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw malformed('message', '', 'a map', undefined);
  }
  const type = Object.hasOwn(raw, 'type') ? (raw as { type: unknown }).type : undefined;
  if (typeof type !== 'string') throw malformed('message', 'type', 'text', undefined);
  return raw as Record<string, unknown> & { type: string };
}

function checked<T>(check: Check<T>, raw: unknown, type: string, id?: number): T {
  try {
    return check(raw);
  } catch (error) {
    if (error instanceof Mismatch) throw malformed(type, error.path, error.expected, id);
    throw error;
  }
}

function safeInteger(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}

function requestId(raw: Record<string, unknown>): number | undefined {
  return safeInteger(Object.hasOwn(raw, 'id') ? raw.id : undefined);
}

function sameProtocol(found: unknown): void {
  const theirs = safeInteger(found);
  if (theirs === undefined || theirs === PROTOCOL_VERSION) return;
  throw new ManyhandsError(
    'PROTOCOL_VERSION',
    `The peer speaks version ${theirs} of the protocol and this side version ${PROTOCOL_VERSION}. ` +
      'Update the older one; a browser tab only has to be reloaded.',
    { ours: PROTOCOL_VERSION, theirs },
  );
}

function malformed(type: string, path: string, expected: string, id: number | undefined): ManyhandsError {
  const where = path === '' ? type : `${type}: ${path}`;
  return new ManyhandsError('MESSAGE_MALFORMED', `Malformed message: ${where} should be ${expected}.`, {
    type,
    path,
    expected,
    ...(id === undefined ? {} : { id }),
  });
}

function unknown(type: string, id: number | undefined): ManyhandsError {
  const shown = type.slice(0, 64);
  return new ManyhandsError(
    'MESSAGE_UNKNOWN',
    `This version knows no message of type ${JSON.stringify(shown)}.`,
    {
      type: shown,
      ...(id === undefined ? {} : { id }),
    },
  );
}

function tooLarge(bytes: number, type = 'A message'): ManyhandsError {
  return new ManyhandsError(
    'MESSAGE_TOO_LARGE',
    `${type} has ${bytes} bytes; the maximum is ${MESSAGE_BYTES_MAX}. A larger value is sent as a blob.`,
    { bytes, max: MESSAGE_BYTES_MAX },
  );
}

function notPlain(type: string, cause: unknown): ManyhandsError {
  return new ManyhandsError(
    'INVALID_ARGUMENT',
    `The message ${type} holds something that is not plain: only text, numbers, booleans, 64-bit integers, bytes, ` +
      'arrays and plain objects can be sent.',
    { type },
    { cause },
  );
}
