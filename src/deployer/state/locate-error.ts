/**
 * Replaces the positions in a bundled work function, in the stacks of its errors, by those in the files of its author.
 * @module
 */
import { SOURCE_NAME } from '../../worktimes/runtime/compile.js';

const POSITION = new RegExp(`${SOURCE_NAME.replace('.', '\\.')}:(\\d+):(\\d+)`, 'g');
/** Errors in a chain of causes, or of one AggregateError. */
const CAUSES_MAX = 8;
const ERRORS_MAX = 100;

/** The position in the author's files as 'file:line:column'; undefined where none is known. */
export type FindPosition = (line: number, column: number) => string | undefined;

/** Changes the stack of the error, and of its causes. */
export function locateError(error: unknown, find: FindPosition, depth = 0): void {
  if (!(error instanceof Error) || depth > CAUSES_MAX) return;
  if (typeof error.stack === 'string') {
    const value = error.stack.replace(
      POSITION,
      (place, line: string, column: string) => find(Number(line), Number(column)) ?? place,
    );
    Object.defineProperty(error, 'stack', { value, configurable: true, writable: true, enumerable: false });
  }
  locateError(error.cause, find, depth + 1);
  const { errors } = error as { errors?: unknown };
  if (Array.isArray(errors)) for (const one of errors.slice(0, ERRORS_MAX)) locateError(one, find, depth + 1);
}
