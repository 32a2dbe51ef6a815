/**
 * Calls a Python work function on many data in one go: lists and dicts cross the border together, at a third of what they
 * cost one by one.
 * @module
 */
import type { PyodideInterface } from 'pyodide';
import type { PyCallable, PyProxy } from 'pyodide/ffi';
import type { ChunkCaller, ChunkOutcome } from '../runtime/runtime.js';
import { plainError } from '../runtime/work-error.js';
import { markOddities } from './values.js';

/** What of the harness is called here. */
export interface ChunkHarness extends PyProxy {
  readonly at: number;
  run_chunk(fn: PyCallable, data: PyProxy, marked: boolean): PyProxy;
  take_result(): unknown;
}

/** What Python tells of an exception. */
export type Described = [
  name: string,
  message: string,
  stack: string,
  code: string | number | null | undefined,
  cause: Described | null | undefined,
  /** Of an exception group. */
  errors: Described[] | null | undefined,
];

export interface ChunkPorts {
  pyodide: PyodideInterface;
  harness: ChunkHarness;
  fn: PyCallable;
  /** A result that Python gave, as a JavaScript value, or a promise of it. */
  readonly take: (result: unknown) => unknown;
  /** A list of results, copied in one go. Throws where one of them cannot travel. */
  readonly copy: (results: PyProxy) => unknown[];
  /** What `take` or `copy` threw, as an error that speaks of the user's source only. */
  readonly explain: (thrown: unknown) => Error;
}

type Results = PyProxy & { get(index: number): unknown; readonly length: number };

export class PythonChunks implements ChunkCaller {
  readonly #ports: ChunkPorts;
  /** Whether what the function gives can be copied together with what it gives next. */
  #suitable = true;

  constructor(ports: ChunkPorts) {
    this.#ports = ports;
  }

  get suits(): boolean {
    return this.#suitable;
  }

  at(): number {
    return this.#ports.harness.at;
  }

  run(data: unknown[]): ChunkOutcome {
    const { pyodide, harness, fn } = this.#ports;
    const marked = markOddities(data);
    const list = pyodide.toPy(data) as PyProxy;
    let answer: PyProxy | undefined;
    try {
      answer = harness.run_chunk(fn, list, marked);
      const [results, errors, alone] = answer.toJs({ depth: 1 }) as [Results, PyProxy, boolean];
      const outcome = this.#outcome(results, errors);
      results.destroy();
      errors.destroy();
      if (alone) {
        this.#suitable = false;
        this.#addAlone(outcome);
      }
      return outcome;
    } finally {
      answer?.destroy();
      list.destroy();
    }
  }

  #outcome(results: Results, raised: PyProxy): Mutable {
    const errors = new Map<number, Error>();
    for (const [index, ...about] of raised.toJs() as [number, ...Described][])
      errors.set(index, errorOf(about));
    const { copy, take, explain } = this.#ports;
    try {
      return { results: copy(results), errors };
    } catch {
      // One of them cannot travel: each by itself tells which.
      const all: unknown[] = [];
      for (let i = 0; i < results.length; i++) {
        try {
          all.push(take(results.get(i)));
        } catch (thrown) {
          all.push(undefined);
          errors.set(i, explain(thrown));
        }
      }
      return { results: all, errors };
    }
  }

  /** The result on which the chunk ended, which may be a promise. */
  #addAlone({ results, errors }: Mutable): void {
    const { take, harness, explain } = this.#ports;
    try {
      results.push(take(harness.take_result()));
    } catch (thrown) {
      errors.set(results.length, explain(thrown));
      results.push(undefined);
    }
  }
}

interface Mutable {
  results: unknown[];
  errors: Map<number, Error>;
}

/** An exception of Python as an error with its name, traceback, code and cause; a group as an AggregateError. */
export function errorOf([name, message, stack, code, cause, errors]: Described): Error {
  const error = plainError(name, message, '');
  const hide = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  };
  hide('stack', stack);
  if (cause !== null && cause !== undefined) hide('cause', errorOf(cause));
  if (errors !== null && errors !== undefined) {
    Object.setPrototypeOf(error, AggregateError.prototype);
    hide('errors', errors.map(errorOf));
  }
  return code === null || code === undefined ? error : Object.assign(error, { code });
}
