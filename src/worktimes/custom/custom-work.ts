/**
 * A worktime that a job brings with it: an ES module with the interface in docs/worktimes.md. It runs in the realm of
 * `map-basic` and is trusted no more than job code.
 * @module
 */
import { isError, ManyhandsError } from '../../lib/errors.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import { jobFiles } from '../runtime/job-files.js';
import type { CompileEnv } from '../runtime/compile.js';
import type { JobContext, WorkFunction } from '../runtime/runtime.js';
import { explainThrown, plainError, withoutFrames } from '../runtime/work-error.js';
import { formatArguments } from '../runtime/inspect-value.js';
import type { CustomRuntime, WorktimeContext } from './contract.js';

/** The file name of the module in stack traces. */
export const WORKTIME_NAME = 'worktime.js';

const FRAMES_MAX = 50;
const LEVELS: readonly ConsoleLevel[] = ['debug', 'info', 'log', 'warn', 'error'];

type Custom = NonNullable<JobContext['customWorktime']>;
type AnyFunction = (...args: never[]) => unknown;

/** @throws WORK_FUNCTION_INVALID */
export async function customWork(job: JobContext, custom: Custom, env: CompileEnv): Promise<WorkFunction> {
  const module = await importWorktime(custom, env);
  const runtime = await startWorktime(module['start'] as AnyFunction, job, custom);
  const explain = (thrown: unknown): Error => explainBy(runtime, thrown);
  let work: unknown;
  try {
    const source = job.sourceKind === 'bytes' ? job.sourceBytes.slice() : job.source;
    work = await runtime.prepare(source, [...job.args]);
  } catch (thrown) {
    const error = explain(thrown);
    throw refused(custom, `cannot prepare the work function: ${error.name}: ${error.message}`, error);
  }
  if (typeof work !== 'function') {
    throw refused(custom, `gave ${work === null ? 'null' : typeof work} from prepare, not a function`);
  }
  return { call: work as WorkFunction['call'], explain };
}

async function importWorktime(custom: Custom, env: CompileEnv): Promise<Record<string, unknown>> {
  let module: Record<string, unknown>;
  try {
    module = await env.importModule(`${custom.source}\n//# sourceURL=${WORKTIME_NAME}`);
  } catch (thrown) {
    const error = explainThrown(thrown, worktimeFrames);
    throw refused(custom, `cannot be loaded: ${error.name}: ${error.message}`, error);
  }
  const { name, version, start } = module;
  if (name !== custom.name || version !== custom.version) {
    throw refused(
      custom,
      `says that it is ${String(name)} ${String(version)}; its exports must be as its job says`,
    );
  }
  if (typeof start !== 'function') throw refused(custom, 'exports no function `start`');
  return module;
}

async function startWorktime(start: AnyFunction, job: JobContext, custom: Custom): Promise<CustomRuntime> {
  let runtime: unknown;
  try {
    runtime = await (start as (context: WorktimeContext) => unknown)(contextOf(job));
  } catch (thrown) {
    const error = explainThrown(thrown, worktimeFrames);
    throw refused(custom, `does not start: ${error.name}: ${error.message}`, error);
  }
  const found = runtime as Partial<CustomRuntime> | null | undefined;
  if (typeof found?.prepare === 'function') return found as CustomRuntime;
  throw refused(custom, 'returned no object with `prepare` from start');
}

function contextOf(job: JobContext): WorktimeContext {
  const { output } = job;
  const methods = Object.fromEntries(
    LEVELS.map((level) => [level, (...args: unknown[]) => output.console(level, formatArguments(args))]),
  );
  return Object.freeze({
    files: jobFiles(job.files, job.cwd),
    env: Object.freeze({ ...job.env }),
    console: Object.freeze(methods) as WorktimeContext['console'],
    progress: (value?: number | string) => output.progress(value),
    job: Object.freeze({
      ...(job.jobId === undefined ? {} : { id: job.jobId }),
      public: Object.freeze({ ...job.public }),
    }),
  });
}

/** Converts an error by the interpreter's `explain`, if it has one; the stack is then of the interpreted language. */
function explainBy(runtime: CustomRuntime, thrown: unknown): Error {
  if (isError(thrown)) return withoutFrames(thrown) as Error;
  if (runtime.explain === undefined) return explainThrown(thrown, worktimeFrames);
  try {
    const { name, message, stack, code } = runtime.explain(thrown);
    const error = plainError(String(name ?? 'Error').slice(0, 256), String(message ?? ''), '');
    if (typeof stack === 'string')
      Object.defineProperty(error, 'stack', { value: stack, configurable: true });
    return typeof code === 'string' || typeof code === 'number' ? Object.assign(error, { code }) : error;
  } catch {
    return explainThrown(thrown, worktimeFrames);
  }
}

function worktimeFrames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => line.includes(WORKTIME_NAME))
    .slice(0, FRAMES_MAX);
}

function refused(custom: Custom, what: string, cause?: unknown): ManyhandsError {
  const text = `The custom worktime ${custom.name} ${custom.version} ${what}`;
  return new ManyhandsError('WORK_FUNCTION_INVALID', text, { worktime: custom.name }, { cause });
}
