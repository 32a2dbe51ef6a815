/**
 * Checks `job.wasm`, which says how a WebAssembly module is called.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { readOptions, type OptionNames } from '../../lib/options.js';
import type { JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import { EXIT_CODE_MAX } from '../../protocol/limits.js';
import { wasm } from './descriptor.js';

const NAME: string = wasm.name;
const RESULTS: readonly NonNullable<WasmCall['result']>[] = ['bytes', 'json', 'text'];
const NAMES = ['export', 'alloc', 'free'] as const;
const KNOWN: OptionNames<WasmCall> = {
  export: true,
  alloc: true,
  free: true,
  result: true,
  output: true,
  exitCodes: true,
};

/** The field `wasm` of a job package from `job.wasm`. @throws INVALID_ARGUMENT, UNKNOWN_OPTION */
export function packWasm(given: WasmCall, worktime: string): Pick<JobPackage, 'wasm'> {
  const call = readOptions<WasmCall>(given ?? null, 'job.wasm', KNOWN);
  const { result, output, exitCodes } = call;
  if (Object.values(call).every((value) => value === undefined)) return {};
  if (worktime !== NAME)
    throw invalid(`job.wasm needs job.worktime = '${NAME}'; the worktime is '${worktime}'.`);
  if (result !== undefined && !RESULTS.includes(result))
    throw invalid(`job.wasm.result must be one of ${RESULTS.join(', ')}.`);
  if (output !== undefined && (typeof output !== 'string' || output === ''))
    throw invalid(
      "job.wasm.output must be the path of a file that the command writes, such as '/tmp/result'.",
    );
  const names: WasmCall = {};
  for (const key of NAMES) {
    const name = call[key];
    if (name === undefined) continue;
    if (typeof name !== 'string' || name === '')
      throw invalid(`job.wasm.${key} must be the name of a function.`);
    names[key] = name;
  }
  return {
    wasm: {
      ...names,
      ...(result === undefined ? {} : { result }),
      ...(output === undefined ? {} : { output }),
      ...(exitCodes === undefined ? {} : { exitCodes: checkExitCodes(exitCodes) }),
    },
  };
}

/** Sorted and without duplicates, so that equal settings have equal encodings. */
function checkExitCodes(codes: unknown): number[] {
  const isCode = (one: unknown): one is number =>
    Number.isInteger(one) && (one as number) >= 0 && (one as number) <= EXIT_CODE_MAX;
  if (!Array.isArray(codes) || codes.length === 0 || !codes.every(isCode))
    throw invalid(`job.wasm.exitCodes must be an array of whole numbers from 0 to ${EXIT_CODE_MAX}.`);
  return [...new Set<number>(codes)].sort((a, b) => a - b);
}

function invalid(message: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return new ManyhandsError('INVALID_ARGUMENT', message);
}
