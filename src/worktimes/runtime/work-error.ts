/**
 * Converts anything that was thrown to a new, plain error: job code throws strings, null, frozen errors, getters that throw
 * and messages of a gigabyte, and each must become an outcome with its type, message and stack.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { ERROR_TEXT_LENGTH_MAX } from '../../protocol/limits.js';
import { inspectValue } from './inspect-value.js';

/** The depth of the chain of `cause` that is kept. */
const CAUSES_MAX = 4;
/** The number of errors of an AggregateError that are kept. */
const AGGREGATED_MAX = 20;
const NAME_LENGTH_MAX = 256;

/** Returns the lines of a stack that concern the user's source, without the header line. */
export type FrameFilter = (stack: string) => string[];

/** Returns a new error with the name, message, stack, code and causes of what was thrown. Never throws. */
export function explainThrown(thrown: unknown, frames: FrameFilter, depth = 0): Error {
  try {
    return isErrorLike(thrown) ? copyError(thrown, frames, depth) : wrapNonError(thrown);
  } catch {
    return plainError('Error', 'The work function threw something that cannot be read', '');
  }
}

/** Built-in classes that an error keeps on its way to the deployer. */
const BUILTIN = [AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

const BUILTIN_NAMES = new Set(['Error', ...BUILTIN.map((one) => one.name)]);

/** Returns an error with own properties and a stack of `frames` alone. */
export function plainError(name: string, message: string, frames: string): Error {
  const error = new Error(message);
  hide(error, 'name', name);
  hide(error, 'stack', frames === '' ? `${name}: ${message}` : `${name}: ${message}\n${frames}`);
  return error;
}

/** Removes the frames from an error of the harness: they would show the harness only. */
export function withoutFrames(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return Object.defineProperty(error, 'stack', {
    value: `${error.name}: ${error.message}`,
    configurable: true,
  });
}

function copyError(thrown: object, frames: FrameFilter, depth: number): Error {
  const message = clip(text(read(thrown, 'message')) ?? '');
  const stack = text(read(thrown, 'stack')) ?? '';
  const name = (typeName(thrown) ?? 'Error').slice(0, NAME_LENGTH_MAX);
  const error = plainError(name, message, clip(frames(stack).join('\n')));
  const builtin = BUILTIN.find((one) => thrown instanceof one);
  if (builtin !== undefined) Object.setPrototypeOf(error, builtin.prototype);
  const code = read(thrown, 'code');
  if (typeof code === 'string' || typeof code === 'number') {
    Object.assign(error, { code: typeof code === 'string' ? code.slice(0, NAME_LENGTH_MAX) : code });
  }
  if (thrown instanceof ManyhandsError) Object.assign(error, { info: thrown.info as unknown });
  const cause = read(thrown, 'cause');
  if (cause !== undefined && depth < CAUSES_MAX) {
    hide(error, 'cause', isErrorLike(cause) ? explainThrown(cause, frames, depth + 1) : cause);
  }
  const errors = builtin === AggregateError ? read(thrown, 'errors') : undefined;
  if (Array.isArray(errors) && depth < CAUSES_MAX) {
    const kept = errors.slice(0, AGGREGATED_MAX);
    hide(
      error,
      'errors',
      kept.map((one) => explainThrown(one, frames, CAUSES_MAX)),
    );
  }
  return error;
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: false });
}

function wrapNonError(thrown: unknown): Error {
  const kind = thrown === null ? 'null' : typeof thrown === 'object' ? 'an object' : `a ${typeof thrown}`;
  const text = `The work function threw ${kind}, which is no Error: ${inspectValue(thrown)}`;
  const error = plainError('Error', clip(text), '');
  hide(error, 'cause', thrown);
  return error;
}

function isErrorLike(thrown: unknown): thrown is object {
  if (typeof thrown !== 'object' || thrown === null) return false;
  if (thrown instanceof Error) return true;
  return typeof read(thrown, 'message') === 'string' && typeof read(thrown, 'stack') === 'string';
}

/** The error's `name`, or the name of its class where a subclass did not set `name`. */
function typeName(thrown: object): string | undefined {
  const name = text(read(thrown, 'name'));
  if (name !== undefined && name !== '' && !BUILTIN_NAMES.has(name)) return name;
  const constructor = read(thrown, 'constructor');
  const className = typeof constructor === 'function' ? text(read(constructor, 'name')) : undefined;
  return className === undefined || className === '' ? name : className;
}

function read(holder: object, key: string): unknown {
  try {
    return (holder as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function clip(value: string): string {
  return value.length <= ERROR_TEXT_LENGTH_MAX ? value : `${value.slice(0, ERROR_TEXT_LENGTH_MAX - 1)}…`;
}
