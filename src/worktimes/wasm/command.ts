/**
 * Runs a command of WASI preview 1 as a work function: the datum is its standard input, and its standard output (or a file
 * that it writes) is the result. Each slice gets a new instance.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ERROR_TEXT_LENGTH_MAX } from '../../protocol/limits.js';
import type { JobContext, WorkFunction } from '../runtime/runtime.js';
import { packDatum, encodeJson, unpackResult } from './data.js';
import { ExitError, explainWasm, OutputMissingError } from './explain.js';
import { instantiate, type HostOptions } from './host.js';
import { inputStream, JobFileTree } from './job-tree.js';
import { checkResultSize, CapturedOutput, LineOutput } from './streams.js';
import { ProcessExit } from './wasi/process.js';

/** `argv[0]` of a command. */
const COMMAND_NAME = 'work';
const SUCCESS: readonly number[] = [0];

export function commandWork(module: WebAssembly.Module, job: JobContext): WorkFunction {
  const tree = new JobFileTree(job.files, job.cwd);
  const args = [COMMAND_NAME, ...job.args.map(argumentText)];
  const env = environmentOf(job);
  const errors = new LineOutput((line) => job.output.console('error', line));
  // If the result is a file, standard output goes to the console.
  const printed = new LineOutput((line) => job.output.console('log', line));
  const { output: outputPath, exitCodes = SUCCESS, result: form } = job.wasm ?? {};
  return {
    call(datum) {
      errors.clear();
      printed.clear();
      tree.reset();
      const packed = packDatum(datum);
      const captured = new CapturedOutput();
      const stdout = outputPath === undefined ? captured : printed;
      const descriptors = [inputStream(packed.bytes), stdout, errors, ...tree.openDirectories()];
      const code = run(module, { args, env, descriptors, root: tree.root, output: job.output });
      const tails = {
        stderr: errors.tail,
        stdout: outputPath === undefined ? tailOf(captured) : printed.tail,
      };
      if (!exitCodes.includes(code)) throw new ExitError(code, tails);
      const bytes = outputPath === undefined ? captured.bytes : fileResult(tree, outputPath, tails);
      const resultForm = form ?? packed.form;
      const result = unpackResult(bytes, resultForm);
      // Programs end their output with a line break, which is not part of a text.
      return resultForm === 'text' ? (result as string).replace(/\r?\n$/, '') : result;
    },
    explain: (thrown) => explainWasm(thrown, errors.tail),
    endSlice: () => {
      errors.end();
      printed.end();
    },
  };
}

/** Runs a command; returns its exit code. Throws the error that ended it otherwise. */
function run(module: WebAssembly.Module, options: HostOptions): number {
  const { exports, failure } = instantiate(module, options);
  try {
    (exports['_start'] as () => void)();
    // The module may have caught an error of the host; its output is incomplete then.
    failure.check();
    return 0;
  } catch (error) {
    if (error instanceof ProcessExit) return error.code;
    throw error;
  }
}

function tailOf(output: CapturedOutput): string {
  return output.tail(ERROR_TEXT_LENGTH_MAX);
}

/** The bytes of the result file of a command. @throws OutputMissingError or RESULT_TOO_LARGE */
function fileResult(tree: JobFileTree, path: string, { stderr }: { stderr: string }): Uint8Array {
  const file = tree.file(path);
  if (file === undefined || file.isReadOnly) throw new OutputMissingError(path, stderr);
  checkResultSize(file.size, 'wrote');
  return file.bytes.all();
}

/** The job's environment variables as NAME=value; there are no others. */
export function environmentOf(job: JobContext): string[] {
  return Object.entries(job.env).map(([name, value]) => {
    if (value.includes('\0')) throw zeroByteError(`the variable ${name}`);
    return `${name}=${value}`;
  });
}

/** Converts an argument: a text is unchanged, a bigint becomes its digits, other values JSON. @throws WORK_FUNCTION_INVALID */
function argumentText(value: unknown, index: number): string {
  const where = `args[${index}]`;
  let text: string;
  try {
    text =
      typeof value === 'string'
        ? value
        : typeof value === 'bigint'
          ? String(value)
          : encodeJson(value, where);
  } catch (cause) {
    const why = `A command takes texts, and ${(cause as Error).message}`;
    throw new ManyhandsError('WORK_FUNCTION_INVALID', why, { index }, { cause });
  }
  if (text.includes('\0')) throw zeroByteError(where);
  return text;
}

function zeroByteError(what: string): ManyhandsError {
  return new ManyhandsError(
    'WORK_FUNCTION_INVALID',
    `A command cannot be given ${what}: it holds a zero byte`,
  );
}
