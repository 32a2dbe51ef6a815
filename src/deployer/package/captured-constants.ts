/**
 * The constants of `job.capture`: plain data, checked and encoded when the job is deployed. Loaded for jobs that have some.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { CAPTURED_BYTES_MAX, CAPTURED_COUNT_MAX } from '../../protocol/limits.js';
import { isCapturedName } from '../../protocol/job/captured-name.js';
import { encodeValue } from '../../protocol/values/values.js';
import { DEFAULT_WORKTIME } from '../../worktimes/registry.js';
import { invalidArgument } from '../arguments/check-arguments.js';
import { withErrorPath } from '../arguments/error-path.js';

/** Nesting of arrays and objects. */
const DEPTH_MAX = 100;

/** Checks names and values. */
function check(constants: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(constants)) {
    if (!isCapturedName(name))
      throw invalidArgument(
        `job.capture: '${name.slice(0, 100)}' cannot be the name of a variable.`,
        `job.capture.${name}`,
      );
    checkValue(value, `job.capture.${name}`, []);
  }
}

/**
 * The constants as a field of the package.
 * @throws INVALID_ARGUMENT with the path of what is no plain data, VALUE_TOO_LARGE
 */
export function packCaptured(
  constants: Readonly<Record<string, unknown>>,
  { worktime, isCustom }: { worktime: string; isCustom: boolean },
): { captured: Uint8Array } {
  const names = Object.keys(constants).sort();
  if (isCustom || worktime !== DEFAULT_WORKTIME)
    throw invalidArgument(
      `job.capture is for JavaScript work functions (${DEFAULT_WORKTIME}), and this job has ${isCustom ? 'a worktime of its own' : worktime}: pass the values as arguments.`,
      'job.capture',
    );
  if (names.length > CAPTURED_COUNT_MAX)
    throw invalidArgument(`job.capture: ${names.length} constants; at most ${CAPTURED_COUNT_MAX}.`);
  check(constants);
  const bytes = encode(Object.fromEntries(names.map((name) => [name, constants[name]])));
  if (bytes.length <= CAPTURED_BYTES_MAX) return { captured: bytes };
  throw new ManyhandsError(
    'VALUE_TOO_LARGE',
    `The constants of job.capture have ${bytes.length} bytes, and the limit is ${CAPTURED_BYTES_MAX}: pass large values as arguments, or in job.fs.`,
    { path: 'job.capture', limit: 'CAPTURED_BYTES_MAX', bytes: bytes.length },
  );
}

function encode(constants: Record<string, unknown>): Uint8Array {
  try {
    return encodeValue(constants);
  } catch (error) {
    throw withErrorPath(error, 'job.capture');
  }
}

function checkValue(value: unknown, path: string, within: readonly object[]): void {
  if (value === null || ['string', 'number', 'boolean', 'bigint', 'undefined'].includes(typeof value)) return;
  if (typeof value !== 'object') throw notPlain(path, `a ${typeof value}`);
  if (within.includes(value)) throw notPlain(path, 'part of itself');
  if (within.length >= DEPTH_MAX) throw notPlain(path, `nested more than ${DEPTH_MAX} deep`);
  const inner = [...within, value];
  if (Array.isArray(value)) {
    // A hole is read as undefined.
    value.forEach((item, index) => checkValue(item, `${path}[${index}]`, inner));
    return;
  }
  if (!isPlain(value)) throw notPlain(path, `an instance of ${nameOf(value)}`);
  for (const key of Reflect.ownKeys(value)) {
    const at =
      typeof key === 'string' && /^[A-Za-z_$][\w$]*$/.test(key)
        ? `.${key}`
        : `[${JSON.stringify(String(key))}]`;
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if (typeof key === 'symbol') throw notPlain(path + at, 'the value of a symbol');
    if (!('value' in property)) throw notPlain(path + at, 'a getter');
    checkValue(property.value, path + at, inner);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return false;
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' && constructor.name !== '' ? constructor.name : 'a class';
}

function notPlain(path: string, what: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return invalidArgument(
    `${path} is ${what}: constants are plain data (null, booleans, numbers, strings, arrays and objects of them); pass other values as arguments.`,
    path,
  );
}
