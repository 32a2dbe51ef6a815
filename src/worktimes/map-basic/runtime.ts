/**
 * The worktime `map-basic`: JavaScript work functions in the sandbox's own realm.
 * @module
 */
import type { ConsoleLevel } from '../../protocol/messages.js';
import { formatArguments } from '../inspect-value.js';
import { jobFiles } from '../job-files.js';
import type { JobContext, Runtime, SliceVoice, WorkFunction } from '../runtime.js';
import { explainThrown } from '../work-error.js';
import type { WorkInfo } from '../work-globals.js';
import { compileFunction, compileModule, type AnyFunction, type CompilePlace } from './compile.js';
import { userFrames } from './frames.js';

/** `scope` is the global object that job code sees; what it needs is defined there. */
export function mapBasicRuntime(place: CompilePlace, scope: object): Runtime {
  return {
    async prepare(job: JobContext): Promise<WorkFunction> {
      defineGlobals(scope, job);
      const compile = job.sourceKind === 'module' ? compileModule : compileFunction;
      const { fn, shift } = await compile(job.source, place);
      return {
        call: bindArguments(fn, job.args),
        explain: (thrown) => explainThrown(thrown, (stack) => userFrames(stack, shift)),
      };
    },
  };
}

/** A call with few arguments is spelled out: spreading costs more than many work functions do. */
function bindArguments(fn: AnyFunction, args: readonly unknown[]): (this: void, datum: unknown) => unknown {
  const [a, b] = args;
  if (args.length === 0) return (datum) => fn(datum);
  if (args.length === 1) return (datum) => fn(datum, a);
  if (args.length === 2) return (datum) => fn(datum, a, b);
  return (datum) => fn(datum, ...args);
}

function defineGlobals(scope: object, job: JobContext): void {
  const work: WorkInfo = {
    job: Object.freeze({
      ...(job.jobId === undefined ? {} : { id: job.jobId }),
      public: Object.freeze({ ...job.public }),
    }),
    env: Object.freeze({ ...job.env }),
  };
  const values: Record<string, unknown> = {
    progress: (value?: unknown) => job.voice.progress(value),
    console: jobConsole(job.voice),
    work: Object.freeze(work),
    jobfs: jobFiles(job.files, job.cwd),
    // esbuild's `keepNames` calls this inside the functions that it compiles.
    __name: (target: object, value: string) =>
      Object.defineProperty(target, 'name', { value, configurable: true }),
  };
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(scope, name, { value, configurable: true, enumerable: false, writable: true });
  }
}

/** The console of job code: five levels, the other usual methods mapped on them or silent. */
function jobConsole(voice: SliceVoice): Record<string, (...args: unknown[]) => void> {
  const at =
    (level: ConsoleLevel) =>
    (...args: unknown[]): void =>
      voice.console(level, formatArguments(args));
  const log = at('log');
  const error = at('error');
  const silent = (): void => undefined;
  return {
    debug: at('debug'),
    info: at('info'),
    log,
    warn: at('warn'),
    error,
    trace: log,
    dir: (value: unknown) => log(value),
    dirxml: log,
    table: (value: unknown) => log(value),
    group: log,
    groupCollapsed: log,
    groupEnd: silent,
    assert: (condition: unknown, ...args: unknown[]) => {
      if (!condition) error('Assertion failed', ...args);
    },
    count: silent,
    countReset: silent,
    time: silent,
    timeEnd: silent,
    timeLog: silent,
    timeStamp: silent,
    profile: silent,
    profileEnd: silent,
    clear: silent,
  };
}
