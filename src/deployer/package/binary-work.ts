/**
 * Packs work functions that are bytes: WebAssembly modules, which are checked before they are shipped, and sources of a
 * custom worktime.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { readOptions, type OptionNames } from '../../lib/options.js';
import type { JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import { BINARY_SOURCE_BYTES_MAX, EXIT_CODE_MAX } from '../../protocol/limits.js';

export interface PackedSource {
  readonly bytes: Uint8Array;
  readonly sourceKind: JobPackage['sourceKind'];
}

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
const MIB = 1024 * 1024;

/** @throws WORK_FUNCTION_INVALID if no sandbox could run the module */
export async function packModule(bytes: Uint8Array, call: WasmCall | undefined): Promise<PackedSource> {
  // The size is checked first: checking the content of a large module takes long.
  const packed = packBytes(bytes);
  // The module reader is loaded on demand, because few pages deploy WebAssembly.
  const { planModule } = await import('../../worktimes/wasm/plan-module.js');
  planModule(bytes, call);
  return packed;
}

/** @throws WORK_FUNCTION_INVALID */
export function packBytes(bytes: Uint8Array): PackedSource {
  if (bytes.length > 0 && bytes.length <= BINARY_SOURCE_BYTES_MAX) return { bytes, sourceKind: 'bytes' };
  const most = `${BINARY_SOURCE_BYTES_MAX / MIB} MiB (${BINARY_SOURCE_BYTES_MAX} bytes)`;
  const size = bytes.length < MIB ? `${bytes.length} bytes` : `${(bytes.length / MIB).toFixed(1)} MiB`;
  throw new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    bytes.length === 0
      ? 'This work function cannot be shipped: it is empty, 0 bytes.'
      : `This work function cannot be shipped: it is ${size}, and the limit is ${most}. ` +
          'Optimize the build for size, strip names and debug information, or move data into the job’s files.',
    { limit: 'BINARY_SOURCE_BYTES_MAX', bytes: bytes.length },
  );
}

/** @throws INVALID_ARGUMENT, UNKNOWN_OPTION */
export function packWasm(given: WasmCall, worktime: string): Pick<JobPackage, 'wasm'> {
  const call = readOptions<WasmCall>(given ?? null, 'job.wasm', KNOWN);
  const { result, output, exitCodes } = call;
  if (Object.values(call).every((value) => value === undefined)) return {};
  if (worktime !== 'wasm')
    throw invalid(`job.wasm needs job.worktime = 'wasm'; the worktime is '${worktime}'.`);
  if (result !== undefined && !RESULTS.includes(result))
    throw invalid(`job.wasm.result must be one of ${RESULTS.join(', ')}.`);
  if (output !== undefined && (typeof output !== 'string' || output === ''))
    throw invalid(
      "job.wasm.output must be the path of a file that the command writes, such as '/tmp/result'.",
    );
  const wasm: WasmCall = {};
  for (const key of NAMES) {
    const name = call[key];
    if (name === undefined) continue;
    if (typeof name !== 'string' || name === '')
      throw invalid(`job.wasm.${key} must be the name of a function.`);
    wasm[key] = name;
  }
  return {
    wasm: {
      ...wasm,
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
