/**
 * A command of WASI preview 1 as a work function: the datum on its input, its output (or a file that it writes) as the
 * result, a fresh instance for each slice.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ERROR_TEXT_LENGTH_MAX } from '../../protocol/limits.js';
import type { JobContext, WorkFunction } from '../runtime/runtime.js';
import { packDatum, toJson, unpackResult } from './data.js';
import { ExitError, explainWasm, OutputMissingError } from './explain.js';
import { instantiate, type HostOptions } from './host.js';
import { inputOf, JobTree } from './job-tree.js';
import { checkResultSize, KeptOutput, LineOutput } from './streams.js';
import { ProcessExit } from './wasi/process.js';

/** What a command finds as its own name. */
const COMMAND_NAME = 'work';
const SUCCESS: readonly number[] = [0];

export function commandWork(module: WebAssembly.Module, job: JobContext): WorkFunction {
  const tree = new JobTree(job.files, job.cwd);
  const args = [COMMAND_NAME, ...job.args.map(argumentText)];
  const env = environmentOf(job);
  const errors = new LineOutput((line) => job.voice.console('error', line));
  // Where a file has the result, what the command prints is for people.
  const printed = new LineOutput((line) => job.voice.console('log', line));
  const { output: outputPath, exitCodes = SUCCESS, result: form } = job.wasm ?? {};
  return {
    call(datum) {
      errors.clear();
      printed.clear();
      tree.renew();
      const packed = packDatum(datum);
      const kept = new KeptOutput();
      const output = outputPath === undefined ? kept : printed;
      const descriptors = [inputOf(packed.bytes), output, errors, ...tree.openDirectories()];
      const code = run(module, { args, env, descriptors, root: tree.root, voice: job.voice });
      const said = { stderr: errors.tail, stdout: outputPath === undefined ? tailOf(kept) : printed.tail };
      if (!exitCodes.includes(code)) throw new ExitError(code, said);
      const bytes = outputPath === undefined ? kept.bytes : fileResult(tree, outputPath, said);
      const wanted = form ?? packed.form;
      const result = unpackResult(bytes, wanted);
      // A program ends what it prints with the end of a line, which is no part of a text.
      return wanted === 'text' ? (result as string).replace(/\r?\n$/, '') : result;
    },
    explain: (thrown) => explainWasm(thrown, errors.tail),
    endSlice: () => {
      errors.end();
      printed.end();
    },
  };
}

/** Runs it to its end; says its exit code. Throws what ended it otherwise. */
function run(module: WebAssembly.Module, options: HostOptions): number {
  const { exports, failure } = instantiate(module, options);
  try {
    (exports['_start'] as () => void)();
    // What the host threw may have been caught by the module: its output is not whole then.
    failure.check();
    return 0;
  } catch (error) {
    if (error instanceof ProcessExit) return error.code;
    throw error;
  }
}

function tailOf(output: KeptOutput): string {
  return output.tail(ERROR_TEXT_LENGTH_MAX);
}

/** The bytes of the file that a command was to write. Throws OutputMissingError or RESULT_TOO_LARGE. */
function fileResult(tree: JobTree, path: string, said: { stderr: string }): Uint8Array {
  const file = tree.file(path);
  if (file === undefined || file.isReadOnly) throw new OutputMissingError(path, said.stderr);
  checkResultSize(file.size, 'wrote');
  return file.bytes.all();
}

/** The environment as commands find it: what the job says, and nothing else. */
export function environmentOf(job: JobContext): string[] {
  return Object.entries(job.env).map(([name, value]) => {
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
