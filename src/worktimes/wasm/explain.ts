/**
 * Converts errors of WebAssembly modules: stacks with the functions of the module by the names in its name section, and
 * traps as `RuntimeError` in every engine.
 * @module
 */
import { isError } from '../../lib/errors.js';
import { explainThrown, plainError, withoutFrames } from '../runtime/work-error.js';

/** The file name of the module in stack traces. */
export const MODULE_NAME = 'work-function.wasm';

const FRAMES_MAX = 50;

/** A command exited with a code that is not a success. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly code: number;
  /** The end of its output, as text. */
  readonly info: { readonly stdout: string; readonly stderr: string };

  constructor(code: number, tails: { readonly stdout: string; readonly stderr: string }) {
    super(`The command exited with code ${code}${stderrSuffix(tails.stderr)}`);
    this.code = code;
    this.info = tails;
  }
}

/** A command succeeded without writing the file that is to be its result. */
export class OutputMissingError extends Error {
  override readonly name = 'OutputMissingError';

  constructor(path: string, stderr: string) {
    super(`The command wrote no file ${path}, which job.wasm.output names${stderrSuffix(stderr)}`);
  }
}

/** Converts what a module threw. `stderr`: the last lines of the module's standard error. */
export function explainWasm(thrown: unknown, stderr: string): Error {
  if (isError(thrown)) return withoutFrames(thrown) as Error;
  if (thrown instanceof ExitError) {
    const { code, info } = thrown;
    return Object.assign(plainError(thrown.name, thrown.message, ''), { code, info });
  }
  if (thrown instanceof OutputMissingError) return plainError(thrown.name, thrown.message, '');
  const error = explainThrown(thrown, moduleFrames);
  const isTrap = error.name === 'RuntimeError';
  if (!isTrap && !isStackOverflow(thrown)) return error;
  const message = isTrap ? error.message : `stack overflow (${error.message})`;
  const frames = (error.stack ?? '').split('\n').slice(1).join('\n');
  return plainError('RuntimeError', message + stderrSuffix(stderr), frames);
}

/** The frames of a stack in the module. Parses the formats of V8 and SpiderMonkey. */
export function moduleFrames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => line.includes('wasm-function['))
    .slice(0, FRAMES_MAX)
    .map((line) =>
      line
        .replace(/wasm:\/\/wasm\/[^:)\s]*/, MODULE_NAME)
        .replace(/@.*(?=:wasm-function\[)/, `@${MODULE_NAME}`),
    );
}

function isStackOverflow(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return /call stack/i.test(thrown.message) || thrown.message === 'too much recursion';
}

function stderrSuffix(stderr: string): string {
  return stderr === '' ? '' : `; standard error: ${stderr}`;
}
