/**
 * Encodes and decodes values: structured-clone semantics in MessagePack bytes. See docs/values.md for the format and for what
 * is kept, dropped and refused.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { VALUE_BYTES_MAX } from '../limits.js';
import { ValueReader } from './values-reader.js';
import { ValueWriter } from './values-writer.js';

export { registerSerializer, type Serializer } from './values-registry.js';

/** A writer whose buffer is larger is not reused. */
const REUSED_BYTES_MAX = 1 << 20;

/** Reused between calls; undefined while in use, since a serializer may encode values itself. */
let spare: ValueWriter | undefined;

/**
 * The encoding of a value.
 * @throws VALUE_NOT_CLONEABLE (info: `path` from the root `$`, `type`), VALUE_TOO_LARGE (info: `path`, `limit`)
 */
export function encodeValue(value: unknown): Uint8Array<ArrayBuffer> {
  const writer = spare ?? new ValueWriter();
  spare = undefined;
  writer.pos = 0;
  try {
    writer.append(value);
    return writer.bytes.slice(0, writer.pos);
  } finally {
    if (writer.bytes.length <= REUSED_BYTES_MAX) spare = writer;
  }
}

/** The value of untrusted bytes. @throws VALUE_MALFORMED, UNSUPPORTED_ENVIRONMENT */
export function decodeValue(bytes: Uint8Array): unknown {
  if (bytes.length > VALUE_BYTES_MAX) {
    throw new ManyhandsError('VALUE_MALFORMED', `not an encoded value: ${bytes.length} bytes are too many`);
  }
  return new ValueReader(bytes).read(0, bytes.length);
}
