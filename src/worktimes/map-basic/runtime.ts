/**
 * The worktime `map-basic`: JavaScript work functions in the sandbox's own realm.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { customWork } from '../custom/custom-work.js';
import type { JobContext, WorkFunction, WorktimeRuntime } from '../runtime/runtime.js';
import { explainThrown } from '../runtime/work-error.js';
import { adviseOnImport, adviseOnName } from './advice.js';
import { compileFunction, compileModule, type AnyFunction, type CompileEnv } from '../runtime/compile.js';
import { userFrames } from './frames.js';

export const mapBasicRuntime: WorktimeRuntime = {
  start: ({ compile }) => ({ prepare: (job) => prepare(job, compile) }),
};

async function prepare(job: JobContext, env: CompileEnv): Promise<WorkFunction> {
  if (job.customWorktime !== undefined) return customWork(job, job.customWorktime, env);
  if (job.sourceKind === 'bytes') {
    const text = 'The worktime map-basic runs JavaScript, and this work function is bytes';
    throw new ManyhandsError('WORK_FUNCTION_INVALID', text);
  }
  const compile = job.sourceKind === 'module' ? compileModule : compileFunction;
  const { fn, shift } = await compile(job.source, env);
  return {
    call: bindArguments(fn, job.args),
    explain: (thrown) => {
      const error = explainThrown(thrown, (stack) => userFrames(stack, shift));
      return adviseOnImport(adviseOnName(error));
    },
  };
}

/** Calls with few arguments are written out: spreading an array costs more than many work functions do. */
function bindArguments(fn: AnyFunction, args: readonly unknown[]): (this: void, datum: unknown) => unknown {
  const [a, b] = args;
  if (args.length === 0) return (datum) => fn(datum);
  if (args.length === 1) return (datum) => fn(datum, a);
  if (args.length === 2) return (datum) => fn(datum, a, b);
  return (datum) => fn(datum, ...args);
}
