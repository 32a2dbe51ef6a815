/**
 * Reads the work function, and has it packed by its worktime when the job is deployed, because the worktime can be set
 * until then. A function is converted with `toString()`, so it cannot use variables of its surroundings.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { WasmCall } from '../../protocol/job/job-package.js';
import { packCustomSource } from '../../worktimes/custom/pack.js';
import { packerOf } from '../../worktimes/packers.js';
import { invalidSource, type GivenSource, type PackedSource } from '../../worktimes/packing/source-packer.js';
import { describeWorktime, worktimeMeant, WORKTIMES } from '../../worktimes/registry.js';

export type WorkSource =
  | { readonly kind: 'function'; readonly text: string; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'url'; readonly url: URL };

/** The worktime that is to run a work function. */
export interface WorktimeTarget {
  readonly worktime: string;
  /** Whether it is a custom worktime, which defines the form of its work functions. */
  readonly isCustom?: boolean;
  readonly wasm?: WasmCall;
  /** The names of captured constants. */
  readonly captured?: readonly string[];
  /** Whether the module is the output of the bundler. */
  readonly isBundle?: boolean;
}

/** @throws WORK_FUNCTION_INVALID for errors that do not depend on the worktime */
export function parseWork(work: unknown): WorkSource {
  if (work instanceof URL) return { kind: 'url', url: work };
  if (work instanceof ArrayBuffer) return { kind: 'bytes', bytes: new Uint8Array(work) };
  if (ArrayBuffer.isView(work))
    return { kind: 'bytes', bytes: new Uint8Array(work.buffer, work.byteOffset, work.byteLength) };
  if (typeof work === 'string') {
    if (work.trim() === '') throw invalidSource('its source is empty', 'Pass the source of a function.');
    return { kind: 'text', text: work };
  }
  if (typeof work !== 'function') {
    throw invalidSource(
      `it is ${typeof work}`,
      'Pass a function, its source as a string, or the URL or the bytes of a module.',
    );
  }
  return { kind: 'function', text: functionText(work), name: work.name };
}

/**
 * The source for the package of a job with this worktime.
 * @throws WORK_FUNCTION_INVALID, WORKTIME_UNKNOWN and the errors of `readModule`
 */
export async function packSource(
  work: WorkSource,
  { worktime, isCustom = false, wasm, captured, isBundle }: WorktimeTarget,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<PackedSource> {
  if (work.kind === 'function' && !isCustom && describeWorktime(worktime) === undefined)
    throw unknownWorktime(worktime);
  const source = await givenSource(work, readModule);
  if (!isCustom && source.kind === 'text') rejectFileName(source.text);
  if (!isCustom && 'bytes' in source) rejectForeignBytes(source.bytes, worktime);
  const pack = isCustom ? packCustomSource : packerOf(worktime);
  const shown = isCustom ? 'a custom worktime' : `worktime '${worktime}'`;
  return pack(source, {
    worktime: shown,
    worktimes: WORKTIMES,
    wasm,
    ...(captured && { captured }),
    isBundle,
  });
}

async function givenSource(
  work: WorkSource,
  readModule: (url: URL) => Promise<Uint8Array>,
): Promise<GivenSource> {
  return work.kind === 'url' ? { kind: 'download', bytes: await readModule(work.url) } : work;
}

const ALL_EXTENSIONS = WORKTIMES.flatMap(({ extensions }) => extensions).join('|');
const FILE_NAME = new RegExp(`^[\\w@.~/\\\\:-]+\\.(?:${ALL_EXTENSIONS})$`);

/** Rejects source text that is a file name or URL: it would fail on every worker or as a syntax error. */
function rejectFileName(text: string): void {
  const address = text.trim();
  const isWeb = /^(?:https?|file):\/\/\S+$/.test(address);
  if (!isWeb && !FILE_NAME.test(address)) return;
  const shown = JSON.stringify(address.slice(0, 200));
  throw invalidSource(
    `it is the string ${shown}, which is the address of a file and not source text`,
    `Pass a URL: new URL(${shown}${isWeb ? '' : ', import.meta.url'}).`,
  );
}

/** Rejects bytes that begin as the sources of another worktime do. */
function rejectForeignBytes(bytes: Uint8Array, worktime: string): void {
  const owner = WORKTIMES.find(({ magic }) => magic?.every((byte, at) => bytes[at] === byte));
  if (owner !== undefined && owner.name !== worktime)
    throw invalidSource(`it is a ${owner.label} module`, `Set job.worktime = '${owner.name}'.`);
}

function functionText(work: object): string {
  const text = Function.prototype.toString.call(work);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw invalidSource(
      'it is a bound or built-in function, which has no source text',
      'Wrap it: (x) => f(x).',
    );
  }
  if (/^class\b/.test(text))
    throw invalidSource('it is a class', 'Pass a function that uses the class inside.');
  if (Object.prototype.toString.call(work).includes('Generator')) {
    throw invalidSource(
      'it is a generator function',
      'A slice has one result: return an array instead of yielding.',
    );
  }
  return text;
}

function unknownWorktime(name: string): ManyhandsError<'WORKTIME_UNKNOWN'> {
  const available = WORKTIMES.map((one) => one.name);
  const meant = worktimeMeant(name);
  const advice = meant === undefined ? '' : ` Did you mean ${meant.name}?`;
  const text = `Unknown worktime ${name}; available: ${available.join(', ')}.${advice}`;
  return new ManyhandsError('WORKTIME_UNKNOWN', text, { name, range: '*', available });
}
