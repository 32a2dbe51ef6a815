/**
 * The globals that every worktime gives to job code, put in where the platform's own were taken away.
 * @module
 */
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import { formatArguments } from './inspect-value.js';
import { jobFiles } from './job-files.js';
import type { JobContext, SliceVoice } from './runtime.js';
import type { WorkInfo } from './work-types.js';

/** Defines `progress`, `console` and compilers' helpers: what a runtime may look for before there is a job. */
export function defineVoiceGlobals(scope: object, voice: SliceVoice): void {
  define(scope, {
    progress: (value?: unknown) => voice.progress(value),
    console: jobConsole(voice),
    // esbuild's `keepNames` calls this inside the functions that it compiles.
    __name: (target: object, value: string) =>
      Object.defineProperty(target, 'name', { value, configurable: true }),
  });
}

/** Defines `work` and `jobfs` on the global object that job code sees. */
export function defineJobGlobals(scope: object, job: JobContext): void {
  const work: WorkInfo = {
    job: Object.freeze({
      ...(job.jobId === undefined ? {} : { id: job.jobId }),
      public: Object.freeze({ ...job.public }),
    }),
    env: Object.freeze({ ...job.env }),
  };
  define(scope, { work: Object.freeze(work), jobfs: jobFiles(job.files, job.cwd) });
}

function define(scope: object, values: Record<string, unknown>): void {
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
