/**
 * The worktime `wasm`: a WebAssembly module is the work function. It is compiled once for each sandbox.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { JobContext, WorkFunction, WorktimeRuntime } from '../runtime/runtime.js';
import { commandWork } from './command.js';
import { planModule } from './plan-module.js';
import { functionWork } from './function-work.js';

export const wasmRuntime: WorktimeRuntime = { start: () => ({ prepare }) };

async function prepare(job: JobContext): Promise<WorkFunction> {
  if (job.sourceKind !== 'bytes') {
    const text = 'The worktime wasm runs the bytes of a WebAssembly module, and this work function is text';
    throw new ManyhandsError('WORK_FUNCTION_INVALID', text);
  }
  const bytes = job.sourceBytes as Uint8Array<ArrayBuffer>;
  const plan = planModule(bytes, job.wasm);
  const module = await compile(bytes);
  return plan.kind === 'command' ? commandWork(module, job) : functionWork(module, plan, job);
}

async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const text = `The WebAssembly module cannot be compiled: ${(cause as Error).message}`;
    throw new ManyhandsError('WORK_FUNCTION_INVALID', text, {}, { cause });
  }
}
