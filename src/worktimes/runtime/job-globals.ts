/**
 * The globals that every worktime defines for job code, after the globals of the platform were removed.
 * @module
 */
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import { formatArguments } from './inspect-value.js';
import { requireLibrary } from './libraries.js';
import { jobFiles } from './job-files.js';
import type { JobContext, SliceOutput } from './runtime.js';
import type { WorkInfo } from './work-types.js';

/** The names that job code finds besides those of the platform. */
const OUTPUT_GLOBALS = ['progress', 'console', '__name'] as const;
const JOB_SCOPE_GLOBALS = ['work', 'jobfs'] as const;
export const JOB_GLOBALS: readonly string[] = [...OUTPUT_GLOBALS, ...JOB_SCOPE_GLOBALS];

/** Defines `progress`, `console` and helpers of compilers, which a runtime may use before there is a job. */
export function defineOutputGlobals(scope: object, output: SliceOutput): void {
  define<(typeof OUTPUT_GLOBALS)[number]>(scope, {
    progress: (value?: unknown) => output.progress(value),
    console: jobConsole(output),
    // With `keepNames`, functions compiled by esbuild call this.
    __name: (target: object, value: string) =>
      Object.defineProperty(target, 'name', { value, configurable: true }),
  });
}

/**
 * Defines `work` and `jobfs` on the global object that job code sees.
 * @param evaluate runs a script and returns its value
 */
export function defineJobGlobals(
  scope: object,
  job: JobContext,
  evaluate: (script: string) => unknown,
): void {
  const work: WorkInfo = {
    job: Object.freeze({
      ...(job.jobId === undefined ? {} : { id: job.jobId }),
      public: Object.freeze({ ...job.public }),
    }),
    require: requireLibrary(job.libraries, evaluate) as WorkInfo['require'],
    env: Object.freeze({ ...job.env }),
    emit: (name: unknown, value?: unknown) => job.output.emit(name, value),
    reject: (reason?: unknown, retries?: unknown) => job.output.reject(reason, retries),
    checkpoint: (state: unknown) => job.output.checkpoint(state),
    get state() {
      return job.output.state;
    },
  };
  define<(typeof JOB_SCOPE_GLOBALS)[number]>(scope, {
    work: Object.freeze(work),
    jobfs: jobFiles(job.files, job.cwd),
  });
}

function define<Names extends string>(scope: object, values: Record<Names, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(scope, name, { value, configurable: true, enumerable: false, writable: true });
  }
}

/** The console of job code: five levels; the other usual methods call one of them or do nothing. */
function jobConsole(output: SliceOutput): Record<string, (...args: unknown[]) => void> {
  const logAt =
    (level: ConsoleLevel) =>
    (...args: unknown[]): void =>
      output.console(level, formatArguments(args));
  const log = logAt('log');
  const error = logAt('error');
  const noop = (): void => undefined;
  return {
    debug: logAt('debug'),
    info: logAt('info'),
    log,
    warn: logAt('warn'),
    error,
    trace: log,
    dir: (value: unknown) => log(value),
    dirxml: log,
    table: (value: unknown) => log(value),
    group: log,
    groupCollapsed: log,
    groupEnd: noop,
    assert: (condition: unknown, ...args: unknown[]) => {
      if (!condition) error('Assertion failed', ...args);
    },
    count: noop,
    countReset: noop,
    time: noop,
    timeEnd: noop,
    timeLog: noop,
    timeStamp: noop,
    profile: noop,
    profileEnd: noop,
    clear: noop,
  };
}
