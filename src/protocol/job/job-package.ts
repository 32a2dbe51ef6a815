/**
 * The job package: what is signed and shipped, without the input. `encodeJobPackage` is canonical (fixed field
 * order), so its SHA-256 is the job's digest.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { canonicalPackage } from './job-package-checks.js';
import { PACKAGE_BYTES_MAX } from '../limits.js';
import type { Digest } from '../messages/messages.js';
import { decodeValue, encodeValue } from '../values/values.js';

/** A value that is here, or a blob that has its encoding. */
export type InlineOrBlob = { inline: Uint8Array } | { blob: Digest; bytes: number };

/** What a work function of WebAssembly gives: a JSON text is parsed, a text is UTF-8. */
export type WasmResult = 'bytes' | 'json' | 'text';

export interface WasmCall {
  /** The exported function that is called. */
  export?: string;
  /** What the bytes that it gives are. */
  result?: WasmResult;
  /**
   * Of a function of bytes: the exported function that gives room for the datum, `(i32) → i32`.
   * @default 'alloc', or 'malloc' where there is no `alloc`
   */
  alloc?: string;
  /**
   * Of a function of bytes: the exported function that frees its result, of a pointer, or of a pointer and a length.
   * @default 'dealloc', where there is one
   */
  free?: string;
  /** Of a command: the file that holds its result once it ended; what it prints goes to the console. */
  output?: string;
  /**
   * Of a command: the exit codes, 0 to 255, with which it succeeds.
   * @default [0]
   */
  exitCodes?: number[];
}

/** A compute group by its name; what proves its secret is never in a package. */
export interface PackageGroup {
  key: string;
}

export interface JobPackage {
  version: 1;
  worktime: {
    name: string;
    /** A semver range. */
    range: string;
  };
  /** A worktime that the job brings along: an ES module, which `worktime` runs. Absent where there is none. */
  customWorktime?: {
    name: string;
    /** As the module itself says it. */
    version: string;
    /** UTF-8 text. */
    source: InlineOrBlob;
  };
  /**
   * The work function: UTF-8 text of an expression (JavaScript) or of a module with a function (Python), or bytes that
   * the worktime can read (a WebAssembly module).
   */
  source: InlineOrBlob;
  /** How the source is to be read. */
  sourceKind: 'function' | 'module' | 'bytes';
  /** How the worktime `wasm` is to call its module, where that is not left to the module. */
  wasm?: WasmCall;
  /** The encoded array of arguments after the datum. */
  args: InlineOrBlob;
  /** The JobFS bundle; absent where there are no files. */
  fs?: { blob: Digest; bytes: number; cwd: string };
  /** Where its input may come from besides the scheduler, sorted; absent where from nowhere. */
  origins?: string[];
  env: Record<string, string>;
  requirements: Record<string, boolean | number | string>;
  groups: PackageGroup[];
  /** Executions that must agree on a slice. */
  votes: number;
  public: { name: string; description: string; link: string };
  /** `slice`: a fresh realm for each slice. */
  isolation: 'job' | 'slice';
  limits: {
    /** Milliseconds. */
    sliceMs: number;
    /** Milliseconds without a sign of progress. */
    noProgressMs: number;
  };
}

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

function decodeRaw(bytes: Uint8Array): unknown {
  try {
    return decodeValue(bytes);
  } catch (error) {
    // No field may hold what only some engines can read.
    if (!isError(error, 'VALUE_MALFORMED') && !isError(error, 'UNSUPPORTED_ENVIRONMENT')) throw error;
    throw new ManyhandsError('PACKAGE_MALFORMED', `job package: ${error.message}`, {}, { cause: error });
  }
}

/** The same bytes in two fields are two objects, so that a package's encoding does not depend on who shares what. */
function unshared(pkg: JobPackage): JobPackage {
  const { args, customWorktime } = pkg;
  const own = (part: InlineOrBlob): InlineOrBlob =>
    'inline' in part ? { inline: new Uint8Array(part.inline) } : part;
  const custom =
    customWorktime === undefined
      ? {}
      : { customWorktime: { ...customWorktime, source: own(customWorktime.source) } };
  return { ...pkg, ...custom, args: own(args) };
}

function tooLarge(bytes: number): ManyhandsError {
  return new ManyhandsError(
    'PACKAGE_MALFORMED',
    `job package: ${bytes} bytes are more than ${PACKAGE_BYTES_MAX}; put its arguments or files into blobs`,
  );
}
