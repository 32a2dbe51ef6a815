/**
 * The bytes of a job package. `encodeJobPackage` is canonical (fixed field order), so the SHA-256 of the bytes is the
 * digest of the job.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { canonicalPackage } from './job-package-checks.js';
import { PACKAGE_BYTES_MAX } from '../limits.js';
import type { Digest } from '../messages/messages.js';
import { decodeValue, encodeValue } from '../values/values.js';
import type { JobPackage, InlineOrBlob } from './job-package.js';

/** The canonical bytes of a package. Throws `PACKAGE_MALFORMED` with the `field` that is wrong. */
export function encodeJobPackage(pkg: JobPackage): Uint8Array<ArrayBuffer> {
  const bytes = encodeValue(unshared(canonicalPackage(pkg)));
  if (bytes.length > PACKAGE_BYTES_MAX) throw tooLarge(bytes.length);
  return bytes;
}

/**
 * The package of bytes from anybody: every field is checked, and only its canonical encoding is taken, so that one
 * package has one digest. Throws `PACKAGE_MALFORMED`.
 */
export function decodeJobPackage(bytes: Uint8Array): JobPackage {
  if (bytes.length > PACKAGE_BYTES_MAX) throw tooLarge(bytes.length);
  const pkg = canonicalPackage(decodeRaw(bytes));
  const canonical = encodeValue(unshared(pkg));
  if (canonical.length !== bytes.length || canonical.some((byte, i) => byte !== bytes[i])) {
    throw new ManyhandsError('PACKAGE_MALFORMED', 'job package: it is not in its canonical encoding');
  }
  return pkg;
}

/** What is signed in an offer: the SHA-256 of a package's canonical bytes. */
export function packageDigest(bytes: Uint8Array): Digest {
  return sha256Hex(bytes);
}

export function decodeRaw(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes);
  } catch (error) {
    // No field may hold what only some engines can read.
    if (!isError(error, 'VALUE_MALFORMED') && !isError(error, 'UNSUPPORTED_ENVIRONMENT')) throw error;
    throw new ManyhandsError('PACKAGE_MALFORMED', `job package: ${error.message}`, {}, { cause: error });
  }
}

/** The same bytes in two fields are two objects, so that a package's encoding does not depend on who shares what. */
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

export function tooLarge(bytes: number): ManyhandsError {
  return new ManyhandsError(
    'PACKAGE_MALFORMED',
    `job package: ${bytes} bytes are more than ${PACKAGE_BYTES_MAX}; put its arguments or files into blobs`,
  );
}
