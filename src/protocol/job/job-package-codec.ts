/**
 * Encodes and decodes job packages. The encoding is canonical (fixed order of fields), so that the SHA-256 of the bytes is the
 * digest of the job.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { fromVersion1, isVersion1, toVersion1 } from './package-version-1.js';
import { PACKAGE_BYTES_MAX } from '../limits.js';
import type { Digest } from '../messages/messages.js';
import { decodeValue, encodeValue } from '../values/values.js';
import { canonicalPackage, type JobPackage, type InlineOrBlob } from './job-package.js';

/** The canonical bytes of a package. @throws PACKAGE_MALFORMED with the `field` that is wrong */
export function encodeJobPackage(pkg: JobPackage): Uint8Array<ArrayBuffer> {
  const bytes = encodeValue(unshared(canonicalPackage(pkg)));
  if (bytes.length > PACKAGE_BYTES_MAX) throw packageTooLarge(bytes.length);
  return bytes;
}

/**
 * Decodes a package from an untrusted peer: every field is checked, and only the canonical encoding is accepted, so that
 * one package has one digest. A package of version 1 is returned with the names of version 2.
 * @throws PACKAGE_MALFORMED
 */
export function decodeJobPackage(bytes: Uint8Array): JobPackage {
  if (bytes.length > PACKAGE_BYTES_MAX) throw packageTooLarge(bytes.length);
  const raw = decodeRaw(bytes);
  const old = isVersion1(raw) ? raw : undefined;
  const pkg = unshared(canonicalPackage(old === undefined ? raw : fromVersion1(old)));
  const canonical = encodeValue(old === undefined ? pkg : toVersion1(pkg));
  // No encoding is the beginning of another one, so this finds a difference in length too.
  const offset = canonical.findIndex((byte, i) => byte !== bytes[i]);
  if (offset !== -1) {
    throw new ManyhandsError(
      'PACKAGE_MALFORMED',
      `job package: it is not in its canonical encoding, from which it differs at byte ${offset}: ` +
        'encode its fields in their order, absent ones left out, with the shortest heads',
    );
  }
  return pkg;
}

/** The SHA-256 of a package's canonical bytes, which an offer signs. */
export function packageDigest(bytes: Uint8Array): Digest {
  return sha256Hex(bytes);
}

export function decodeRaw(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes);
  } catch (error) {
    // A package must be readable by every engine, so UNSUPPORTED_ENVIRONMENT makes it malformed too.
    if (!isError(error, 'VALUE_MALFORMED') && !isError(error, 'UNSUPPORTED_ENVIRONMENT')) throw error;
    throw new ManyhandsError('PACKAGE_MALFORMED', `job package: ${error.message}`, {}, { cause: error });
  }
}

/** A copy in which no two fields share one array: the encoding would contain a reference for the second. */
export function unshared(pkg: JobPackage): JobPackage {
  const { args, customWorktime } = pkg;
  const own = (part: InlineOrBlob): InlineOrBlob =>
    'inline' in part ? { inline: new Uint8Array(part.inline) } : part;
  const custom =
    customWorktime === undefined
      ? {}
      : { customWorktime: { ...customWorktime, source: own(customWorktime.source) } };
  return { ...pkg, ...custom, args: own(args) };
}

export function packageTooLarge(bytes: number): ManyhandsError {
  return new ManyhandsError(
    'PACKAGE_MALFORMED',
    `job package: ${bytes} bytes are more than ${PACKAGE_BYTES_MAX}; put its arguments or files into blobs`,
  );
}
