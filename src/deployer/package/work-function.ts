/**
 * Has a work function packed by its worktime when the job is deployed, because the worktime can be set until then.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { WasmCall } from '../../protocol/job/job-package.js';
import { packCustomSource } from '../../worktimes/custom/pack.js';
import { packerOf } from '../../worktimes/packers.js';
import { invalidSource, type GivenSource, type PackedSource } from '../../worktimes/packing/source-packer.js';
import { describeWorktime, worktimeMeant, WORKTIMES } from '../../worktimes/registry.js';
import type { WorkSource } from './work-source.js';

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

function unknownWorktime(name: string): ManyhandsError<'WORKTIME_UNKNOWN'> {
  const available = WORKTIMES.map((one) => one.name);
  const meant = worktimeMeant(name);
  const advice = meant === undefined ? '' : ` Did you mean ${meant.name}?`;
  const text = `Unknown worktime ${name}; available: ${available.join(', ')}.${advice}`;
  return new ManyhandsError('WORKTIME_UNKNOWN', text, { name, range: '*', available });
}
