/**
 * Calls a Python work function on many data at once: lists and dicts are converted together, at a third of the cost of
 * converting them one by one.
 * @module
 */
import type { PyodideInterface } from 'pyodide';
import type { PyCallable, PyProxy } from 'pyodide/ffi';
import type { ChunkCaller, ChunkOutcome } from '../runtime/runtime.js';
import { plainError } from '../runtime/work-error.js';
import { markSpecialValues } from './values.js';

/** The part of the harness that is used here. */
export interface ChunkHarness extends PyProxy {
  readonly current_index: number;
  run_chunk(fn: PyCallable, data: PyProxy, has_markers: boolean): PyProxy;
  take_result(): unknown;
}

/** An exception as the harness describes it. */
export type ExceptionInfo = [
  name: string,
  message: string,
  stack: string,
  code: string | number | null | undefined,
  cause: ExceptionInfo | null | undefined,
  /** The exceptions of a group. */
  errors: ExceptionInfo[] | null | undefined,
];

export interface ChunkOptions {
  pyodide: PyodideInterface;
  harness: ChunkHarness;
  fn: PyCallable;
  /** Converts a result of Python to a JavaScript value, or a promise of it. */
  readonly convert: (result: unknown) => unknown;
  /** Converts a list of results at once. Throws where one of them cannot be converted. */
  readonly convertAll: (results: PyProxy) => unknown[];
  /** Converts what `convert` or `convertAll` threw to an error whose stack shows the user's source only. */
  readonly explain: (thrown: unknown) => Error;
}

type Results = PyProxy & { get(index: number): unknown; readonly length: number };

export class PythonChunks implements ChunkCaller {
  readonly #options: ChunkOptions;
  /** Whether the function's results could be converted together so far. */
  #isSuitable = true;

  constructor(options: ChunkOptions) {
    this.#options = options;
  }

  get isSuitable(): boolean {
    return this.#isSuitable;
  }

  currentIndex(): number {
    return this.#options.harness.current_index;
  }

  run(data: unknown[]): ChunkOutcome {
    const { pyodide, harness, fn } = this.#options;
    const hasMarkers = markSpecialValues(data);
    const list = pyodide.toPy(data) as PyProxy;
    let answer: PyProxy | undefined;
    try {
      answer = harness.run_chunk(fn, list, hasMarkers);
      const [results, errors, hasSeparateResult] = answer.toJs({ depth: 1 }) as [Results, PyProxy, boolean];
      const outcome = this.#outcome(results, errors);
      results.destroy();
      errors.destroy();
      if (hasSeparateResult) {
        this.#isSuitable = false;
        this.#addSeparateResult(outcome);
      }
      return outcome;
    } finally {
      answer?.destroy();
      list.destroy();
    }
  }

  #outcome(results: Results, raised: PyProxy): MutableOutcome {
    const errors = new Map<number, Error>();
    for (const [index, ...info] of raised.toJs() as [number, ...ExceptionInfo][])
      errors.set(index, exceptionToError(info));
    const { convertAll, convert, explain } = this.#options;
    try {
      return { results: convertAll(results), errors };
    } catch {
      // One of them cannot be converted: convert one by one to find out which.
      const all: unknown[] = [];
      for (let i = 0; i < results.length; i++) {
        try {
          all.push(convert(results.get(i)));
        } catch (thrown) {
          all.push(undefined);
          errors.set(i, explain(thrown));
        }
      }
      return { results: all, errors };
    }
  }

  /** Adds the result that ended the chunk, which may be a promise. */
  #addSeparateResult({ results, errors }: MutableOutcome): void {
    const { convert, harness, explain } = this.#options;
    try {
      results.push(convert(harness.take_result()));
    } catch (thrown) {
      errors.set(results.length, explain(thrown));
      results.push(undefined);
    }
  }
}

interface MutableOutcome {
  results: unknown[];
  errors: Map<number, Error>;
}

/** Converts an exception to an error with its name, traceback, code and cause; a group to an AggregateError. */
export function exceptionToError([name, message, stack, code, cause, errors]: ExceptionInfo): Error {
  const error = plainError(name, message, '');
  const hide = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  };
  hide('stack', stack);
  if (cause !== null && cause !== undefined) hide('cause', exceptionToError(cause));
  if (errors !== null && errors !== undefined) {
    Object.setPrototypeOf(error, AggregateError.prototype);
    hide('errors', errors.map(exceptionToError));
  }
  return code === null || code === undefined ? error : Object.assign(error, { code });
}
