/**
 * The job package: everything of a job except its input. Its digest is signed in the payment offer. Types and checks come
 * from one declaration, whose order of fields is that of the canonical encoding. An unknown field is refused: the package
 * is signed, and its meaning would not be known.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { isOrigin } from '../input/remote-url.js';
import {
  BINARY_SOURCE_BYTES_MAX,
  BLOB_BYTES_MAX,
  CAPTURED_BYTES_MAX,
  CUSTOM_WORKTIME_BYTES_MAX,
  ENV_COUNT_MAX,
  EXIT_CODE_MAX,
  GROUPS_MAX,
  JOB_ORIGINS_MAX,
  JOBFS_PATH_BYTES_MAX,
  LIBRARIES_MAX,
  MODULE_BYTES_MAX,
  NAME_LENGTH_MAX,
  ORIGIN_LENGTH_MAX,
  PACKAGE_BYTES_MAX,
  PUBLIC_TEXT_LENGTH_MAX,
  REQUIREMENTS_MAX,
  SLICE_ATTEMPTS_MAX,
  SLICE_TIMEOUT_MS_MAX,
  SOURCE_BYTES_MAX,
  SOURCE_MAP_BYTES_MAX,
  VALUE_BYTES_MAX,
  VOTES_MAX,
} from '../limits.js';
import { digest, name, type Digest } from '../messages/fields.js';
import { jobModules, type JobModules } from './job-modules.js';
import { described, Mismatch, mismatchIn, type Check, type MapOf } from '../schema/check.js';
import { array, exact, optional, plainObject, refine } from '../schema/composites.js';
import { boolean, bytes, integer, oneOf, text } from '../schema/scalars.js';

/** Bytes in the package itself, or a reference to a blob. */
export type InlineOrBlob = { inline: Uint8Array } | { blob: Digest; bytes: number };

function inlineOrBlob(bytesMax: number, blobBytesMax = bytesMax): Check<InlineOrBlob> {
  const inline = exact({ inline: bytes(Math.min(bytesMax, PACKAGE_BYTES_MAX), 1) });
  const blob = exact({ blob: digest, bytes: integer(1, Math.min(blobBytesMax, BLOB_BYTES_MAX)) });
  const isInline = (value: unknown): boolean => plainObject(value)['inline'] !== undefined;
  return described((value) => (isInline(value) ? inline : blob)(value), { kind: 'open map' });
}

function checkAt<T>(key: string, check: Check<T>, value: unknown): T {
  try {
    return check(value);
  } catch (error) {
    throw mismatchIn(error, key);
  }
}

/** No leading digit: JavaScript orders integer-like property names before all others, whatever the order of insertion. */
const NAME_PATTERN = /^[A-Za-z_][\w.-]*$/;

/** A map of at most `max` names and values, in the order of the names. */
function dictionary<T>(check: Check<T>, max: number): Check<Record<string, T>> {
  const valueAt = (found: Record<string, unknown>, key: string): T => {
    if (key.length > NAME_LENGTH_MAX || !NAME_PATTERN.test(key))
      throw new Mismatch('a map whose names are short and of letters, digits, `_`, `.` and `-`');
    return checkAt(key, check, found[key]);
  };
  return described(
    (value) => {
      const found = plainObject(value);
      const names = Object.keys(found).sort();
      if (names.length > max) throw new Mismatch(`a map of at most ${max} entries`);
      return Object.fromEntries(names.map((key) => [key, valueAt(found, key)]));
    },
    { kind: 'open map' },
  );
}

const isDistinct = (values: readonly string[]): boolean =>
  values.length > 0 && new Set(values).size === values.length;

const origin: Check<string> = refine(text(ORIGIN_LENGTH_MAX), isOrigin, 'like https://example.com');
const distinctOrigins = refine(
  array(origin, JOB_ORIGINS_MAX),
  isDistinct,
  'at least one origin, and none twice',
);
const origins: Check<string[]> = described((value) => distinctOrigins(value).sort(), distinctOrigins.schema);

const requirement: Check<boolean | number | string> = described(
  (value) => (typeof value === 'boolean' || Number.isFinite(value) ? (value as boolean) : shortText(value)),
  { kind: 'anything' },
);
const shortText = text(NAME_LENGTH_MAX);
const shownText = text(PUBLIC_TEXT_LENGTH_MAX);

/** In ascending order, so that each call has exactly one encoding. */
const exitCodes: Check<number[]> = refine(
  array(integer(0, EXIT_CODE_MAX), EXIT_CODE_MAX + 1),
  (codes) => codes.length > 0 && codes.every((code, i) => i === 0 || code > codes[i - 1]!),
  'at least one exit code, ascending',
);

/** How the bytes that a WebAssembly function returns are read: as they are, as JSON, or as UTF-8 text. */
export type WasmResult = 'bytes' | 'json' | 'text';

const wasmFields = {
  /** The exported function to call. */
  export: optional(name),
  /** How its result is read. */
  result: optional<WasmResult>(oneOf('bytes', 'json', 'text')),
  /**
   * For a function of bytes: the exported function that allocates memory for the datum, `(i32) → i32`.
   * @default 'alloc', or 'malloc' where there is no `alloc`
   */
  alloc: optional(name),
  /**
   * For a function of bytes: the exported function that frees the result; it takes a pointer, or a pointer and a length.
   * @default 'dealloc', where there is one
   */
  free: optional(name),
  /** For a command: the file that has its result when it exits; its standard output goes to the console. */
  output: optional(text(JOBFS_PATH_BYTES_MAX, 1)),
  /**
   * For a command: the exit codes, 0 to 255, that mean success.
   * @default [0]
   */
  exitCodes: optional(exitCodes),
};
export interface WasmCall extends MapOf<typeof wasmFields> {}
// Each call has exactly one encoding: without any setting the field is absent.
const wasmCall = refine(exact(wasmFields), (call) => Object.keys(call).length > 0, 'a map with a field');

/** In ascending order, so that each set of names has exactly one encoding. */
const libraryNames: Check<string[]> = refine(
  array(name, LIBRARIES_MAX),
  (names) => names.length > 0 && names.every((one, i) => i === 0 || one > names[i - 1]!),
  'at least one name, ascending',
);

/** A compute group by its name; nothing that proves its secret is in a package. */
const packageGroup = exact({ key: name });

/** A flag with one encoding: it is absent where it is not set. */
const isTrue: Check<true> = refine(boolean as Check<true>, (value) => value, 'true, or absent');

const packageFields = {
  /** `decodeJobPackage` returns packages of version 1 in this version. */
  version: integer(2, 2) as Check<2>,
  worktime: exact({
    name,
    /** A semver range. */
    range: name,
  }),
  /** The job's own worktime: an ES module, which runs in `worktime`. Absent where there is none. */
  customWorktime: optional(
    exact({
      name,
      /** As the module declares it. */
      version: name,
      /** UTF-8 text. */
      source: inlineOrBlob(CUSTOM_WORKTIME_BYTES_MAX),
    }),
  ),
  /**
   * The work function: UTF-8 text of an expression (JavaScript) or of a module with a function (Python), or bytes for the
   * worktime (a WebAssembly module).
   */
  source: inlineOrBlob(BINARY_SOURCE_BYTES_MAX),
  /** How the source is read. */
  sourceKind: oneOf('function', 'module', 'bytes'),
  /** How the worktime `wasm` calls its module, where that is not detected from the module. */
  wasm: optional<WasmCall>(wasmCall),
  /**
   * The npm libraries of the work function: a script whose value is an object with a function for each name, which returns
   * that library. It is evaluated when the work function first requires one. Absent where there are none.
   */
  libraries: optional(exact({ blob: digest, bytes: integer(1, MODULE_BYTES_MAX), names: libraryNames })),
  /** The source map (version 3) of the source, for programs of the owner: workers do not fetch it. */
  sourceMap: optional(exact({ blob: digest, bytes: integer(1, SOURCE_MAP_BYTES_MAX) })),
  /** The encoded array of the arguments that follow the datum. */
  args: inlineOrBlob(VALUE_BYTES_MAX),
  /** The encoded map of the constants that JavaScript finds as globals, by their names; absent where there are none. */
  captured: optional(bytes(CAPTURED_BYTES_MAX, 1)),
  /** The JobFS bundle; absent where there are no files. */
  fs: optional(
    exact({
      blob: digest,
      bytes: integer(1, BLOB_BYTES_MAX),
      cwd: refine(
        text(JOBFS_PATH_BYTES_MAX, 1),
        (cwd) => cwd.startsWith('/') && !cwd.includes('\0'),
        'an absolute path',
      ),
    }),
  ),
  /** The packages that its source may import, as files for the worktime; absent where there are none. */
  modules: optional<JobModules>(jobModules),
  /** Web origins from which workers fetch its input, sorted; absent where there are none. */
  origins: optional(origins),
  env: dictionary(text(PACKAGE_BYTES_MAX), ENV_COUNT_MAX),
  requirements: dictionary(requirement, REQUIREMENTS_MAX),
  groups: refine(
    array(packageGroup, GROUPS_MAX),
    (groups) => isDistinct(groups.map(({ key }) => key)),
    'at least one compute group, and none twice',
  ),
  /** Executions that must agree on a slice. */
  votes: integer(1, VOTES_MAX),
  public: exact({
    name: shownText,
    description: shownText,
    // Donors may click it on the scheduler's page: no other scheme, such as `javascript:`, is allowed.
    link: refine(
      shownText,
      (link) => /^$|^https?:\/\//i.test(link),
      'empty, or begin with http:// or https://',
    ),
  }),
  /** `slice`: a new sandbox for each slice; `job`: a sandbox runs many slices of the job. */
  isolation: oneOf('job', 'slice'),
  limits: exact({
    /** Milliseconds that one slice may take. */
    sliceTimeoutMs: integer(1, SLICE_TIMEOUT_MS_MAX),
    /** Milliseconds that one slice may take without progress. */
    noProgressMs: integer(1, SLICE_TIMEOUT_MS_MAX),
    /** Attempts after which a slice fails, on whichever workers; absent where the scheduler decides. */
    attempts: optional(integer(1, SLICE_ATTEMPTS_MAX)),
    /** The first failed slice cancels the job; absent where it does not. */
    failFast: optional<true>(isTrue),
  }),
};
export interface JobPackage extends MapOf<typeof packageFields> {}
/** What a work function, its arguments and its limits are for a scheduler and its workers. docs/values.md says how it is encoded. */
export const jobPackage: Check<JobPackage> = exact(packageFields);
/** The source of a kind that is text. The text of a module contains all that it imports, so it may be a large blob. */
const textSources = {
  function: inlineOrBlob(SOURCE_BYTES_MAX),
  module: inlineOrBlob(SOURCE_BYTES_MAX, MODULE_BYTES_MAX),
};

/** A copy of the package in its canonical order. @throws PACKAGE_MALFORMED with the `field` that is wrong */
export function canonicalPackage(raw: unknown): JobPackage {
  try {
    const pkg = jobPackage(raw);
    if (pkg.sourceKind !== 'bytes') checkAt('source', textSources[pkg.sourceKind], pkg.source);
    return pkg;
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const field = error.path === '' ? 'package' : error.path;
    throw new ManyhandsError('PACKAGE_MALFORMED', `job package: \`${field}\` should be ${error.expected}`, {
      field,
    });
  }
}
