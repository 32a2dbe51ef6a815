/**
 * Packs the custom worktime of a job: its module is read and checked before it is shipped.
 * @module
 */
import { readOptions } from '../../lib/options.js';
import { CUSTOM_WORKTIME_BYTES_MAX, NAME_LENGTH_MAX } from '../../protocol/limits.js';
import { CUSTOM_WORKTIME_HOST, describeWorktime } from '../../worktimes/registry.js';
import { invalidArgument } from '../arguments/check-arguments.js';

/** `job.customWorktime`; docs/worktimes.md describes the module. */
export interface CustomWorktime {
  /** The same as the module exports. */
  name: string;
  /** The same as the module exports. */
  version: string;
  /** The ES module as text, URL or bytes. */
  source: string | URL | Uint8Array | ArrayBuffer;
}

export interface PackedWorktime {
  readonly name: string;
  readonly version: string;
  readonly source: Uint8Array;
}

/** Undefined if the job has no custom worktime. @throws INVALID_ARGUMENT and the errors of `readModule` */
export async function packCustomWorktime(
  custom: CustomWorktime | undefined,
  worktime: string,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<PackedWorktime | undefined> {
  if (custom === undefined) return undefined;
  const { name, version, source } = readOptions<CustomWorktime>(custom, 'job.customWorktime', {
    name: true,
    version: true,
    source: true,
  });
  checkName(name, 'name');
  checkName(version, 'version');
  if (describeWorktime(name) !== undefined)
    throw invalidArgument(
      `job.customWorktime.name is '${name}', the name of a built-in worktime: choose another.`,
    );
  if (worktime !== CUSTOM_WORKTIME_HOST)
    throw invalidArgument(
      `A job has one worktime: do not set both job.customWorktime and job.worktime ('${worktime}').`,
    );
  const bytes = await readSource(source, readModule);
  if (bytes.length === 0 || bytes.length > CUSTOM_WORKTIME_BYTES_MAX) {
    throw invalidArgument(
      `The module of a custom worktime must have 1 to ${CUSTOM_WORKTIME_BYTES_MAX} bytes; '${name}' has ${bytes.length}.`,
    );
  }
  checkText(bytes, name);
  return { name, version, source: bytes };
}

function checkName(text: unknown, field: string): asserts text is string {
  if (typeof text === 'string' && text !== '' && text.length <= NAME_LENGTH_MAX) return;
  throw invalidArgument(
    `job.customWorktime.${field} must be a string of 1 to ${NAME_LENGTH_MAX} characters.`,
  );
}

async function readSource(
  source: unknown,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (source instanceof URL) return readModule(source);
  if (typeof source === 'string') return new TextEncoder().encode(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Uint8Array) return source;
  throw invalidArgument('job.customWorktime.source must be the text, the bytes or the URL of an ES module.');
}

function checkText(bytes: Uint8Array, name: string): void {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidArgument(`The module of the custom worktime '${name}' is not UTF-8 text.`);
  }
  if (/\bexport\b/.test(text)) return;
  throw invalidArgument(
    `The module of the custom worktime '${name}' exports nothing: it must export name, version and start.`,
  );
}
