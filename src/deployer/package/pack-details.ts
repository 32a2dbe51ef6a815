/**
 * Checks a job's tags and metadata, which its owner alone sees.
 * @module
 */
import { describeValue } from '../../lib/options.js';
import { METADATA_BYTES_MAX, NAME_LENGTH_MAX, TAGS_MAX } from '../../protocol/limits.js';
import { encodeValue } from '../../protocol/values/values.js';
import { checkObject, invalidArgument } from '../arguments/check-arguments.js';

/** @throws INVALID_ARGUMENT */
export function checkTags(tags: readonly string[]): string[] {
  if (!Array.isArray(tags))
    throw invalidArgument(`job.tags must be an array of texts; got ${describeValue(tags)}.`);
  if (tags.length > TAGS_MAX)
    throw invalidArgument(`job.tags has ${tags.length} tags; a job has at most ${TAGS_MAX}.`);
  return tags.map((tag: unknown) => checkTag(tag, 'each of job.tags'));
}

/** @throws INVALID_ARGUMENT */
export function checkTag(tag: unknown, what: string): string {
  if (typeof tag === 'string' && tag.length > 0 && tag.length <= NAME_LENGTH_MAX) return tag;
  throw invalidArgument(
    `${what} must be a text of 1 to ${NAME_LENGTH_MAX} characters; got ${describeValue(tag)}.`,
  );
}

/** @throws INVALID_ARGUMENT */
export const checkMetadata = (metadata: Record<string, unknown>): Record<string, unknown> =>
  checkObject('job.metadata', metadata);

/** The form of tags and metadata in which they are sent. @throws INVALID_ARGUMENT, VALUE_NOT_CLONEABLE */
export function packDetails(
  tags: readonly string[],
  metadata: Readonly<Record<string, unknown>>,
): { tags?: string[]; metadata?: Uint8Array } {
  const packed: { tags?: string[]; metadata?: Uint8Array } = {};
  const distinct = [...new Set(checkTags(tags))];
  if (distinct.length > 0) packed.tags = distinct;
  if (Object.keys(metadata).length > 0) packed.metadata = encodeMetadata(metadata);
  return packed;
}

function encodeMetadata(metadata: object): Uint8Array {
  const bytes = encodeValue(metadata);
  if (bytes.byteLength <= METADATA_BYTES_MAX) return bytes;
  throw invalidArgument(
    `job.metadata has ${bytes.byteLength} bytes; it may have ${METADATA_BYTES_MAX}. Put larger data into the arguments or files.`,
  );
}
