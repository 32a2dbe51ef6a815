/**
 * What a WebAssembly module threw, as an error that speaks of the module: its functions by the names that its compiler
 * left in it, traps as `RuntimeError` in every engine.
 * @module
 */
import { isError } from '../../lib/errors.js';
import { explainThrown, plainError, withoutFrames } from '../runtime/work-error.js';

/** The name under which the module appears in stacks. */
export const MODULE_NAME = 'work-function.wasm';

const FRAMES_MAX = 50;

/** A command ended itself with a code that is no success. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly code: number;
  /** The last of what it wrote, as text. */
  readonly info: { readonly stdout: string; readonly stderr: string };

  constructor(code: number, said: { readonly stdout: string; readonly stderr: string }) {
    super(`The command exited with code ${code}${behind(said.stderr)}`);
    this.code = code;
    this.info = said;
  }
}

/** A command succeeded, and left no file where the job looks for its result. */
export class OutputMissingError extends Error {
  override readonly name = 'OutputMissingError';

  constructor(path: string, said: string) {
    super(`The command wrote no file ${path}, which job.wasm.output names${behind(said)}`);
  }
}

/** `said`: the last lines on the module's standard error. */
export function explainWasm(thrown: unknown, said: string): Error {
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
  return plainError('RuntimeError', message + behind(said), frames);
}

/** The lines of a stack that are the module's. Reads V8's and SpiderMonkey's formats. */
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

function behind(said: string): string {
  return said === '' ? '' : `; it said: ${said}`;
}
