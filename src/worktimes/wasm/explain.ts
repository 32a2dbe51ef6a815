/**
 * What a WebAssembly module threw, as an error that speaks of the module: its functions by the names that its compiler
 * left in it, traps as `RuntimeError` in every engine.
 * @module
 */
import { isError } from '../../lib/errors.js';
import { explainThrown, plainError, withoutFrames } from '../work-error.js';

/** The name under which the module appears in stacks. */
export const MODULE_NAME = 'work-function.wasm';

const FRAMES_MAX = 50;

/** A command ended itself with a code that is not 0. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly code: number;

  constructor(code: number, said: string) {
    super(`The command exited with code ${code}${behind(said)}`);
    this.code = code;
  }
}

/** `said`: the last lines on the module's standard error. */
export function explainWasm(thrown: unknown, said: string): Error {
  if (isError(thrown)) return withoutFrames(thrown) as Error;
  if (thrown instanceof ExitError)
    return Object.assign(plainError(thrown.name, thrown.message, ''), { code: thrown.code });
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
