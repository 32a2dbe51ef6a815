/**
 * Work functions that are bytes: WebAssembly modules, looked over before they are shipped, and whatever a custom
 * worktime reads.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import type { JobPackage, WasmCall } from '../protocol/job-package.js';
import { BINARY_SOURCE_BYTES_MAX } from '../protocol/limits.js';
import { planModule } from '../worktimes/wasm/plan-module.js';
import type { PackedSource } from './work-function.js';

const RESULTS: readonly NonNullable<WasmCall['result']>[] = ['bytes', 'json', 'text'];
const KEYS = ['export', 'result'];

/** @throws WORK_FUNCTION_INVALID where no sandbox could run the module */
export function packModule(bytes: Uint8Array, call: WasmCall | undefined): PackedSource {
  planModule(bytes, call);
  return packBytes(bytes);
}

/** @throws WORK_FUNCTION_INVALID */
export function packBytes(bytes: Uint8Array): PackedSource {
  if (bytes.length > 0 && bytes.length <= BINARY_SOURCE_BYTES_MAX) return { bytes, sourceKind: 'bytes' };
  throw new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `This work function cannot be shipped: it is ${bytes.length} bytes, and 1 to ${BINARY_SOURCE_BYTES_MAX} are taken. ` +
      'Build it for size, or move data into the job’s files.',
  );
}

/** @throws INVALID_ARGUMENT, UNKNOWN_OPTION */
export function packWasm(call: WasmCall, worktime: string): Pick<JobPackage, 'wasm'> {
  if (typeof call !== 'object' || call === null) throw invalid('job.wasm must be { export, result }.');
  const unknown = Object.keys(call).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new ManyhandsError('UNKNOWN_OPTION', `job.wasm has no '${unknown}'; it has export and result.`, {
      option: unknown,
    });
  }
  const { export: name, result } = call;
  if (name === undefined && result === undefined) return {};
  if (worktime !== 'wasm') throw invalid(`job.wasm is for job.worktime = 'wasm', which is '${worktime}'.`);
  if (name !== undefined && (typeof name !== 'string' || name === ''))
    throw invalid('job.wasm.export must be the name of a function.');
  if (result !== undefined && !RESULTS.includes(result))
    throw invalid(`job.wasm.result must be one of ${RESULTS.join(', ')}.`);
  return {
    wasm: { ...(name === undefined ? {} : { export: name }), ...(result === undefined ? {} : { result }) },
  };
}

function invalid(message: string): ManyhandsError<'INVALID_ARGUMENT'> {
  return new ManyhandsError('INVALID_ARGUMENT', message);
}
