/**
 * A command of WASI preview 1 as a work function: the datum on its input, its output as the result, a fresh instance
 * for each slice.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { JobContext, WorkFunction } from '../runtime.js';
import { releaseMemory } from '../wasm-limits.js';
import { packDatum, toJson, unpackResult } from './data.js';
import { ExitError, explainWasm } from './explain.js';
import { instantiate, WASIProcExit, type HostOptions } from './host.js';
import { KeptOutput, LineOutput } from './streams.js';
import { inputOf, jobRoot, openFolders } from './wasi-files.js';

/** What a command finds as its own name. */
const COMMAND_NAME = 'work';

export function commandWork(module: WebAssembly.Module, job: JobContext): WorkFunction {
  const root = jobRoot(job.files, job.cwd);
  const args = [COMMAND_NAME, ...job.args.map(argumentText)];
  const env = environmentOf(job);
  const errors = new LineOutput((line) => job.voice.console('error', line));
  return {
    call(datum) {
      errors.clear();
      const { bytes, form } = packDatum(datum);
      const output = new KeptOutput();
      const fds = [inputOf(bytes), output, errors, ...openFolders(root)];
      run(module, { args, env, fds, voice: job.voice }, errors);
      const wanted = job.wasm?.result ?? form;
      const result = unpackResult(output.bytes, wanted);
      // A program ends what it prints with the end of a line, which is no part of a text.
      return wanted === 'text' ? (result as string).replace(/\r?\n$/, '') : result;
    },
    explain: (thrown) => explainWasm(thrown, errors.tail),
    endSlice: () => errors.end(),
  };
}

function run(module: WebAssembly.Module, options: HostOptions, errors: LineOutput): void {
  const { exports } = instantiate(module, options);
  try {
    (exports['_start'] as () => void)();
  } catch (error) {
    if (!(error instanceof WASIProcExit)) throw error;
    if (error.code !== 0) throw new ExitError(error.code, errors.tail);
  } finally {
    releaseMemory(exports['memory'] as WebAssembly.Memory);
  }
}

/** The environment as commands find it, with the directory in which Go looks for relative paths. */
export function environmentOf(job: JobContext): string[] {
  const env = { PWD: job.cwd, ...job.env };
  return Object.entries(env).map(([name, value]) => {
    if (value.includes('\0')) throw noZero(`the variable ${name}`);
    return `${name}=${value}`;
  });
}

/** A text is itself, all else is JSON; a bigint its digits. Throws WORK_FUNCTION_INVALID. */
function argumentText(value: unknown, index: number): string {
  const where = `args[${index}]`;
  let text: string;
  try {
    text =
      typeof value === 'string' ? value : typeof value === 'bigint' ? String(value) : toJson(value, where);
  } catch (cause) {
    const why = `A command takes texts, and ${(cause as Error).message}`;
    throw new ManyhandsError('WORK_FUNCTION_INVALID', why, { index }, { cause });
  }
  if (text.includes('\0')) throw noZero(where);
  return text;
}

function noZero(what: string): ManyhandsError {
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `A command cannot be given ${what}: it holds a zero byte`,
  );
}
