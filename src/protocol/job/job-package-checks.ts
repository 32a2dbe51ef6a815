/**
 * The checks of a job package, field by field: each takes a decoded value and returns a copy with its fields in the canonical
 * order, or throws. An unknown field is refused: the package is signed, and its meaning would not be known.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import type { InlineOrBlob, JobPackage, PackageGroup, WasmCall } from './job-package.js';
import {
  BINARY_SOURCE_BYTES_MAX,
  BLOB_BYTES_MAX,
  CUSTOM_WORKTIME_BYTES_MAX,
  ENV_COUNT_MAX,
  EXIT_CODE_MAX,
  GROUPS_MAX,
  JOB_ORIGINS_MAX,
  JOBFS_PATH_BYTES_MAX,
  NAME_LENGTH_MAX,
  PACKAGE_BYTES_MAX,
  PUBLIC_TEXT_LENGTH_MAX,
  REQUIREMENTS_MAX,
  SLICE_TIMEOUT_MS_MAX,
  SOURCE_BYTES_MAX,
  VALUE_BYTES_MAX,
  VOTES_MAX,
} from '../limits.js';
import { isOrigin } from '../input/remote-url.js';

/** No leading digit: JavaScript orders integer-like property names before all others, whatever the order of insertion. */
const NAME_PATTERN = /^[A-Za-z_][\w.-]*$/;

/** A copy of the package in its canonical order. @throws PACKAGE_MALFORMED with the `field` that is wrong */
export function canonicalPackage(raw: unknown): JobPackage {
  const p = record(raw, 'package', [
    'version',
    'worktime',
    'customWorktime?',
    'source',
    'sourceKind',
    'wasm?',
    'args',
    'fs?',
    'origins?',
    'env',
    'requirements',
    'groups',
    'votes',
    'public',
    'isolation',
    'limits',
  ]);
  const fs = p['fs'];
  const custom = p['customWorktime'];
  const wasm = p['wasm'];
  const origins = p['origins'];
  const sourceKind = oneOf(p['sourceKind'], 'sourceKind', ['function', 'module', 'bytes'] as const);
  return {
    version: oneOf(p['version'], 'version', [2] as const),
    worktime: checkWorktime(p['worktime']),
    ...(custom === undefined ? {} : { customWorktime: checkCustomWorktime(custom) }),
    source: checkInlineOrBlob(
      p['source'],
      'source',
      sourceKind === 'bytes' ? BINARY_SOURCE_BYTES_MAX : SOURCE_BYTES_MAX,
    ),
    sourceKind,
    ...(wasm === undefined ? {} : { wasm: checkWasm(wasm) }),
    args: checkInlineOrBlob(p['args'], 'args', VALUE_BYTES_MAX),
    ...(fs === undefined ? {} : { fs: checkFs(fs) }),
    ...(origins === undefined ? {} : { origins: checkOrigins(origins) }),
    env: checkEnv(p['env']),
    requirements: checkRequirements(p['requirements']),
    groups: checkGroups(p['groups']),
    votes: integer(p['votes'], 'votes', 1, VOTES_MAX),
    public: checkPublic(p['public']),
    isolation: oneOf(p['isolation'], 'isolation', ['job', 'slice'] as const),
    limits: checkLimits(p['limits']),
  };
}

/** The error for one field of a package. */
export function packageMalformed(field: string, what: string): ManyhandsError {
  return new ManyhandsError('PACKAGE_MALFORMED', `job package: \`${field}\` ${what}`, { field });
}

function checkWorktime(raw: unknown): JobPackage['worktime'] {
  const worktime = record(raw, 'worktime', ['name', 'range']);
  return {
    name: text(worktime['name'], 'worktime.name', 1, NAME_LENGTH_MAX),
    range: text(worktime['range'], 'worktime.range', 1, NAME_LENGTH_MAX),
  };
}

function checkCustomWorktime(raw: unknown): NonNullable<JobPackage['customWorktime']> {
  const custom = record(raw, 'customWorktime', ['name', 'version', 'source']);
  return {
    name: text(custom['name'], 'customWorktime.name', 1, NAME_LENGTH_MAX),
    version: text(custom['version'], 'customWorktime.version', 1, NAME_LENGTH_MAX),
    source: checkInlineOrBlob(custom['source'], 'customWorktime.source', CUSTOM_WORKTIME_BYTES_MAX),
  };
}

function checkWasm(raw: unknown): WasmCall {
  const wasm = record(raw, 'wasm', ['export?', 'result?', 'alloc?', 'free?', 'output?', 'exitCodes?']);
  // Each call has exactly one encoding: without any setting the field is absent.
  if (Object.values(wasm).every((one) => one === undefined)) throw packageMalformed('wasm', 'has no field');
  const { result, exitCodes } = wasm;
  const name = (key: 'export' | 'alloc' | 'free'): Partial<WasmCall> =>
    wasm[key] === undefined ? {} : { [key]: text(wasm[key], `wasm.${key}`, 1, NAME_LENGTH_MAX) };
  return {
    ...name('export'),
    ...(result === undefined
      ? {}
      : { result: oneOf(result, 'wasm.result', ['bytes', 'json', 'text'] as const) }),
    ...name('alloc'),
    ...name('free'),
    ...(wasm['output'] === undefined
      ? {}
      : { output: text(wasm['output'], 'wasm.output', 1, JOBFS_PATH_BYTES_MAX) }),
    ...(exitCodes === undefined ? {} : { exitCodes: checkExitCodes(exitCodes) }),
  };
}

/** In ascending order, so that each call has exactly one encoding. */
function checkExitCodes(raw: unknown): number[] {
  const field = 'wasm.exitCodes';
  if (!Array.isArray(raw) || raw.length < 1 || raw.length > EXIT_CODE_MAX + 1) {
    throw packageMalformed(field, `must be 1 to ${EXIT_CODE_MAX + 1} exit codes`);
  }
  const codes = raw.map((one, i) => integer(one, `${field}[${i}]`, 0, EXIT_CODE_MAX));
  if (codes.some((code, i) => i > 0 && code <= codes[i - 1]!)) throw packageMalformed(field, 'must ascend');
  return codes;
}

function checkInlineOrBlob(raw: unknown, field: string, bytesMax: number): InlineOrBlob {
  const is = record(raw, field, ['inline?', 'blob?', 'bytes?']);
  if (is['inline'] !== undefined) {
    record(raw, field, ['inline']);
    const inline = is['inline'];
    const most = Math.min(bytesMax, PACKAGE_BYTES_MAX);
    if (!(inline instanceof Uint8Array) || inline.length < 1 || inline.length > most) {
      throw packageMalformed(`${field}.inline`, `must be 1 to ${most} bytes`);
    }
    return { inline };
  }
  record(raw, field, ['blob', 'bytes']);
  return {
    blob: digest(is['blob'], `${field}.blob`),
    bytes: integer(is['bytes'], `${field}.bytes`, 1, Math.min(bytesMax, BLOB_BYTES_MAX)),
  };
}

function checkFs(raw: unknown): NonNullable<JobPackage['fs']> {
  const fs = record(raw, 'fs', ['blob', 'bytes', 'cwd']);
  const cwd = text(fs['cwd'], 'fs.cwd', 1, JOBFS_PATH_BYTES_MAX);
  if (!cwd.startsWith('/') || cwd.includes('\0'))
    throw packageMalformed('fs.cwd', 'must be an absolute path');
  return {
    blob: digest(fs['blob'], 'fs.blob'),
    bytes: integer(fs['bytes'], 'fs.bytes', 1, BLOB_BYTES_MAX),
    cwd,
  };
}

function checkOrigins(raw: unknown): string[] {
  if (!Array.isArray(raw) || raw.length < 1 || raw.length > JOB_ORIGINS_MAX) {
    throw packageMalformed('origins', `must be an array of 1 to ${JOB_ORIGINS_MAX} origins`);
  }
  const origins = Array.from(raw as unknown[], (origin, i) => {
    if (!isOrigin(origin)) throw packageMalformed(`origins[${i}]`, 'must be like https://example.com');
    return origin;
  });
  if (new Set(origins).size < origins.length) throw packageMalformed('origins', 'names an origin twice');
  return origins.sort();
}

function checkEnv(raw: unknown): Record<string, string> {
  return dictionary(raw, 'env', ENV_COUNT_MAX, (value, field) => text(value, field, 0, PACKAGE_BYTES_MAX));
}

function checkRequirements(raw: unknown): JobPackage['requirements'] {
  return dictionary(raw, 'requirements', REQUIREMENTS_MAX, (value, field) => {
    if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
    return text(value, field, 0, NAME_LENGTH_MAX);
  });
}

function checkGroups(raw: unknown): PackageGroup[] {
  if (!Array.isArray(raw) || raw.length < 1 || raw.length > GROUPS_MAX) {
    throw packageMalformed('groups', `must be an array of 1 to ${GROUPS_MAX} compute groups`);
  }
  const groups = Array.from(raw as unknown[], (each, i): PackageGroup => {
    const field = `groups[${i}]`;
    const group = record(each, field, ['key']);
    return { key: text(group['key'], `${field}.key`, 1, NAME_LENGTH_MAX) };
  });
  if (new Set(groups.map(({ key }) => key)).size < groups.length) {
    throw packageMalformed('groups', 'names a compute group twice');
  }
  return groups;
}

function checkPublic(raw: unknown): JobPackage['public'] {
  const shown = record(raw, 'public', ['name', 'description', 'link']);
  const link = text(shown['link'], 'public.link', 0, PUBLIC_TEXT_LENGTH_MAX);
  // Donors may click it on the scheduler's page: no other scheme, such as `javascript:`, is allowed.
  if (link !== '' && !/^https?:\/\//i.test(link)) {
    throw packageMalformed('public.link', 'must be empty or begin with http:// or https://');
  }
  return {
    name: text(shown['name'], 'public.name', 0, PUBLIC_TEXT_LENGTH_MAX),
    description: text(shown['description'], 'public.description', 0, PUBLIC_TEXT_LENGTH_MAX),
    link,
  };
}

function checkLimits(raw: unknown): JobPackage['limits'] {
  const limits = record(raw, 'limits', ['sliceTimeoutMs', 'noProgressMs']);
  return {
    sliceTimeoutMs: integer(limits['sliceTimeoutMs'], 'limits.sliceTimeoutMs', 1, SLICE_TIMEOUT_MS_MAX),
    noProgressMs: integer(limits['noProgressMs'], 'limits.noProgressMs', 1, SLICE_TIMEOUT_MS_MAX),
  };
}

/** A plain object with these fields and no others; a `?` at the end marks an optional field. */
function record(raw: unknown, field: string, names: readonly string[]): Record<string, unknown> {
  const found = plainObject(raw, field);
  const wanted = new Map(names.map((name) => [name.replace('?', ''), name.endsWith('?')]));
  for (const key of Object.keys(found)) {
    if (!wanted.has(key)) throw packageMalformed(`${field}.${key.slice(0, NAME_LENGTH_MAX)}`, 'is not known');
  }
  for (const [name, mayBeAbsent] of wanted) {
    if (!mayBeAbsent && found[name] === undefined) throw packageMalformed(`${field}.${name}`, 'is missing');
  }
  return found;
}

/** A map of names and values, in the order of the names. */
function dictionary<T>(
  raw: unknown,
  field: string,
  countMax: number,
  check: (value: unknown, field: string) => T,
): Record<string, T> {
  const found = plainObject(raw, field);
  const names = Object.keys(found).sort();
  if (names.length > countMax) throw packageMalformed(field, `must have at most ${countMax} entries`);
  return Object.fromEntries(
    names.map((name) => {
      if (name.length > NAME_LENGTH_MAX || !NAME_PATTERN.test(name)) {
        throw packageMalformed(
          field,
          'has a name that is too long or not of letters, digits, `_`, `.` and `-`',
        );
      }
      return [name, check(found[name], `${field}.${name}`)];
    }),
  );
}

function plainObject(raw: unknown, field: string): Record<string, unknown> {
  const prototype =
    typeof raw === 'object' && raw !== null ? (Object.getPrototypeOf(raw) as unknown) : undefined;
  if (prototype !== Object.prototype && prototype !== null)
    throw packageMalformed(field, 'must be a plain object');
  return raw as Record<string, unknown>;
}

function text(raw: unknown, field: string, least: number, most: number): string {
  if (typeof raw !== 'string' || raw.length < least || raw.length > most) {
    throw packageMalformed(field, `must be text of ${least} to ${most} characters`);
  }
  return raw;
}

function integer(raw: unknown, field: string, least: number, most: number): number {
  if (typeof raw !== 'number' || !Number.isInteger(raw) || raw < least || raw > most) {
    throw packageMalformed(field, `must be a whole number from ${least} to ${most}`);
  }
  return raw;
}

function digest(raw: unknown, field: string): string {
  if (typeof raw !== 'string' || !DIGEST_PATTERN.test(raw)) {
    throw packageMalformed(field, 'must be 64 lower-case hexadecimal digits');
  }
  return raw;
}

function oneOf<T extends string | number>(raw: unknown, field: string, values: readonly T[]): T {
  for (const value of values) if (raw === value) return value;
  throw packageMalformed(field, `must be one of ${values.join(', ')}`);
}
