/**
 * The worktime `pyodide`: Python work functions in CPython on WebAssembly. The source is compiled once, and its function
 * is called once for each slice.
 * @module
 */
import type { PyodideInterface } from 'pyodide';
import type { PyCallable, PyProxy } from 'pyodide/ffi';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { VALUE_DEPTH_MAX } from '../../protocol/limits.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import type { RuntimeEnv } from '../runtime/runtime-env.js';
import type { JobContext, JobFileEntry, Runtime, WorkFunction, WorktimeRuntime } from '../runtime/runtime.js';
import { explainThrown, withoutFrames } from '../runtime/work-error.js';
import { exceptionToError, PythonChunks, type ChunkHarness, type ExceptionInfo } from './chunks.js';
import { HARNESS, HARNESS_NAME } from './harness.js';
import { startPyodide, type PyodideOutput } from './load-pyodide.js';
import { mountPackages } from './mount-packages.js';
import { packSnapshot } from './snapshot.js';
import {
  copyFromPython,
  passesDirectly,
  ConversionRefusal,
  markSpecialValues,
  convertScalar,
  markerKind,
} from './values.js';

/** The harness as JavaScript calls it. */
interface Harness extends ChunkHarness {
  install(job: unknown): void;
  load(source: string): PyProxy;
  bind(fn: PyCallable, args: PyProxy): PyCallable;
  apply(fn: PyCallable, box: PyProxy): unknown;
  unmarked(box: PyProxy): unknown;
  describe(): PyProxy;
  unsupported_part(value: PyProxy): PyProxy | undefined;
  is_too_deep(value: PyProxy): boolean;
  readonly has_numpy: boolean;
  outgoing(value: PyProxy): unknown;
  flush_lines(): void;
}

/** The part of Emscripten's file system that is used here. */
interface FileSystem {
  mkdirTree(path: string): void;
  writeFile(path: string, bytes: Uint8Array, options: { canOwn: boolean }): void;
}

/** An internal method of Pyodide, which may change with any version. */
interface SnapshotMaker {
  makeMemorySnapshot(): Uint8Array;
}

/** The key of the harness in `sys.modules` of a snapshot: proxies of JavaScript do not survive a snapshot. */
const SNAPSHOT_HARNESS_NAME = 'manyhands.snapshot-harness';

export const pyodideRuntime: WorktimeRuntime = { start: startWithSnapshot, makeSnapshot };

/** Starts an interpreter without a job: from the snapshot, or without it if it cannot be used. @throws ASSIGN_FAILED */
async function startWithSnapshot(env: RuntimeEnv): Promise<Runtime> {
  if (env.readSnapshot === undefined) return start(env);
  try {
    return await start(env);
  } catch (error) {
    // The compiled module did not arrive: not a fault of the snapshot.
    if (isError(error, 'ISOLATION_UNAVAILABLE')) throw error;
    return { ...(await start({ ...env, readSnapshot: undefined })), isSnapshotRejected: true };
  }
}

async function start(env: RuntimeEnv): Promise<Runtime> {
  let output: PyodideOutput = () => undefined;
  const pyodide = await startPyodide(env, (level, text) => output(level, text));
  const names = env.readSnapshot === undefined ? runHarness(pyodide) : restoreHarness(pyodide);
  return {
    async prepare(job) {
      output = (level, text) => job.output.console(level, text);
      return new PythonWork(pyodide, names, job, env.fail).workFunction();
    },
  };
}

/** The packed memory of a new interpreter with the harness in it. @throws ASSIGN_FAILED */
async function makeSnapshot(env: RuntimeEnv): Promise<Uint8Array> {
  const pyodide = await startPyodide(env, () => undefined, { forSnapshot: true });
  const names = runHarness(pyodide);
  (names.get('preload') as PyCallable)(SNAPSHOT_HARNESS_NAME, HARNESS);
  names.destroy();
  return packSnapshot((pyodide as unknown as SnapshotMaker).makeMemorySnapshot());
}

/** The namespace of the harness, a Python dict. */
interface HarnessNames extends PyProxy {
  get(name: string): unknown;
}

function runHarness(pyodide: PyodideInterface): HarnessNames {
  const names = pyodide.toPy({ __name__: HARNESS_NAME }) as HarnessNames;
  pyodide.runPython(HARNESS, { globals: names, filename: HARNESS_NAME });
  return names;
}

/** Finds the harness in memory that was restored from a snapshot, and seeds Python's random numbers anew. @throws ASSIGN_FAILED */
function restoreHarness(pyodide: PyodideInterface): HarnessNames {
  const modules = pyodide.pyimport('sys.modules') as PyProxy & { pop(name: string): HarnessNames };
  const names = modules.pop(SNAPSHOT_HARNESS_NAME);
  modules.destroy();
  if (names.get('HARNESS_TEXT') !== HARNESS)
    throw new ManyhandsError('ASSIGN_FAILED', 'The snapshot holds the harness of another version');
  (names.get('reseed') as PyCallable)();
  return names;
}

class PythonWork {
  readonly #pyodide: PyodideInterface;
  readonly #fail: (error: unknown) => void;
  readonly #harness: Harness;
  readonly #toJsDefault: PyCallable;
  /** The work function with the job's arguments bound: it takes the datum alone. */
  readonly #fn: PyCallable;
  readonly #hasNumpy: boolean;
  /** Whether output has an incomplete line that the end of the slice must flush. */
  #hasOpenLine = false;

  /** @throws WORK_FUNCTION_INVALID or ASSIGN_FAILED */
  constructor(
    pyodide: PyodideInterface,
    names: HarnessNames,
    job: JobContext,
    fail: (error: unknown) => void,
  ) {
    this.#pyodide = pyodide;
    this.#fail = fail;
    if (job.modules !== undefined) mountPackages(pyodide, job.modules);
    mountFiles(pyodide, job.files, job.cwd);
    this.#toJsDefault = names.get('to_js_default') as PyCallable;
    this.#harness = (names.get('make') as PyCallable)(this.#host(job)) as Harness;
    const { env, cwd, jobId: id } = job;
    this.#harness.install({ env: { ...env }, cwd, id, public: { ...job.public } });
    this.#hasNumpy = this.#harness.has_numpy;
    const fn = this.#load(job.source);
    this.#fn = job.args.length === 0 ? fn : this.#bind(fn, [...job.args]);
  }

  workFunction(): WorkFunction {
    const fn = this.#fn;
    const chunks = new PythonChunks({
      pyodide: this.#pyodide,
      harness: this.#harness,
      fn,
      convert: (result) => this.#convertResult(result),
      convertAll: (results) => copyFromPython(results, this.#toJsDefault) as unknown[],
      explain: (thrown) => this.#explain(thrown),
    });
    return {
      call: (datum) => {
        const result = (passesDirectly(datum) ? fn(datum) : this.#callWithCopy(datum)) as unknown;
        if (typeof result === 'number' || typeof result === 'string') return result;
        return this.#convertResult(result);
      },
      chunks,
      explain: (thrown) => this.#explain(thrown),
      endSlice: () => {
        if (!this.#hasOpenLine) return;
        this.#hasOpenLine = false;
        this.#harness.flush_lines();
      },
    };
  }

  /** The functions that the harness may call. */
  #host(job: JobContext): object {
    return {
      console: (level: ConsoleLevel, text: string) => job.output.console(level, text),
      progress: (value: unknown) => job.output.progress(value),
      emit: (name: unknown, value: unknown) => job.output.emit(name, this.#toPlain(value)),
      reject: (reason: unknown, retries: unknown) => job.output.reject(reason, retries),
      checkpoint: (state: unknown) => job.output.checkpoint(this.#toPlain(state)),
      state: () => this.#toPython(job.output.state),
      lineOpened: () => {
        this.#hasOpenLine = true;
      },
      markerKind,
      date: (ms: number) => new Date(ms),
    };
  }

  /** A value that Python passes, as a result would be. @throws RESULT_NOT_CLONEABLE */
  #toPlain(value: unknown): unknown {
    // Pyodide destroys what it passes when the call ends, and the conversion of a result destroys it too.
    const own = value instanceof this.#pyodide.ffi.PyProxy ? value.copy() : value;
    return this.#convertResult(own);
  }

  /** A value as Python gets a datum; None for undefined. */
  #toPython(value: unknown): unknown {
    if (value === undefined || passesDirectly(value)) return value;
    const list = [value];
    const hasMarkers = markSpecialValues(list);
    const copy = this.#pyodide.toPy(hasMarkers ? list : value) as PyProxy;
    return hasMarkers ? this.#harness.unmarked(copy) : copy;
  }

  #load(source: string): PyCallable {
    const loaded = this.#harness.load(source);
    const [fn, problem, location] = loaded.toJs({ depth: 1 }) as [PyCallable | undefined, string?, string?];
    loaded.destroy();
    if (fn !== undefined) return fn;
    const where = location === undefined ? '' : ` at ${location}`;
    throw new ManyhandsError(
      'WORK_FUNCTION_INVALID',
      `The work function cannot be compiled: ${problem ?? 'it is no function'}${where}`,
      location === undefined ? {} : { place: location },
    );
  }

  #callWithCopy(datum: unknown): unknown {
    const list = [datum];
    const hasMarkers = markSpecialValues(list);
    const copy = this.#pyodide.toPy(hasMarkers ? list : datum) as PyProxy;
    try {
      return hasMarkers ? this.#harness.apply(this.#fn, copy) : (this.#fn(copy) as unknown);
    } finally {
      // A value without a Python type, such as a regular expression, is passed as it is.
      if (copy instanceof this.#pyodide.ffi.PyProxy) copy.destroy();
    }
  }

  #bind(fn: PyCallable, args: unknown[]): PyCallable {
    try {
      markSpecialValues(args);
    } catch (cause) {
      if (!(cause instanceof ConversionRefusal)) throw cause;
      const { message, info } = conversionError(cause, "The job's arguments");
      throw new ManyhandsError('WORK_FUNCTION_INVALID', message, info, { cause });
    }
    const list = this.#pyodide.toPy(args) as PyProxy;
    try {
      return this.#harness.bind(fn, list);
    } finally {
      list.destroy();
    }
  }

  /** Converts a result of Python to a JavaScript value, or a promise of it. @throws RESULT_NOT_CLONEABLE */
  #convertResult(result: unknown): unknown {
    const { PyProxy, PyAwaitable, PyBuffer } = this.#pyodide.ffi;
    if (!(result instanceof PyProxy)) return convertScalar(result);
    if (result instanceof PyAwaitable) {
      const awaitable = result as unknown as PromiseLike<unknown>;
      return Promise.resolve(awaitable).then((value) => this.#convertResult(value));
    }
    try {
      if (!(result instanceof PyBuffer) && this.#harness.is_too_deep(result)) throw tooDeep();
      return this.#hasNumpy ? this.#copyWithArrays(result) : copyFromPython(result, this.#toJsDefault);
    } catch (error) {
      if (isError(error)) throw error;
      throw this.#resultError(result, error);
    } finally {
      result.destroy();
    }
  }

  /** Copies a result in which there may be arrays and scalars of numpy. */
  #copyWithArrays(result: PyProxy): unknown {
    const plain = this.#harness.outgoing(result);
    if (!(plain instanceof this.#pyodide.ffi.PyProxy)) return convertScalar(plain);
    try {
      return copyFromPython(plain, this.#toJsDefault);
    } finally {
      plain.destroy();
    }
  }

  #resultError(result: PyProxy, error: unknown): unknown {
    const part = this.#harness.unsupported_part(result);
    if (part === undefined) return this.#copyError(error);
    const [path, type, advice] = part.toJs() as [string, string, string?];
    part.destroy();
    const what = advice === undefined ? 'return plain data' : `return plain data, such as ${advice}`;
    return new ManyhandsError(
      'RESULT_NOT_CLONEABLE',
      `The work function's result: ${path}: a value of Python's type ${type} cannot be sent; ${what}`,
      { path, type },
    );
  }

  /** Why a result could not be copied, where all its parts are of supported types. */
  #copyError(error: unknown): unknown {
    const explained = this.#explain(error);
    if (explained.name !== 'ConversionError') return explained;
    const cause = explained.cause instanceof Error ? explained.cause : undefined;
    const why = cause === undefined ? explained.message : cause.message;
    // The engine throws a RangeError where it cannot allocate the memory for a copy.
    const code = why.startsWith('RangeError') ? 'RESULT_TOO_LARGE' : 'RESULT_NOT_CLONEABLE';
    const text = `The work function's result: $: it cannot be copied out of Python: ${why}`;
    return new ManyhandsError(code, text, { path: '$' }, { cause: explained });
  }

  #explain(thrown: unknown): Error {
    if (isError(thrown)) return withoutFrames(thrown) as Error;
    if (thrown instanceof ConversionRefusal)
      return withoutFrames(conversionError(thrown, "The slice's datum")) as Error;
    if (isFatal(thrown)) this.#fail(explainFatal(thrown));
    if (!(thrown instanceof this.#pyodide.ffi.PythonError)) return explainThrown(thrown, () => []);
    try {
      const described = this.#harness.describe();
      const info = described.toJs() as ExceptionInfo;
      described.destroy();
      return exceptionToError(info);
    } catch (error) {
      if (isFatal(error)) this.#fail(explainFatal(error));
      throw error;
    }
  }
}

function isFatal(thrown: unknown): boolean {
  return (thrown as { pyodide_fatal_error?: unknown } | null)?.pyodide_fatal_error === true;
}

/** The error for `what`, whose values were converted in a list: the datum alone, or the arguments. */
function conversionError({ steps, type, message }: ConversionRefusal, what: string): ManyhandsError {
  // The outermost step is the index in that list.
  const [list, ...inner] = [...steps].reverse();
  const path = what.startsWith('The job') ? `$${list}${inner.join('')}` : `$${inner.join('')}`;
  return new ManyhandsError('VALUE_NOT_CLONEABLE', `${what}: ${path}: ${message}`, { path, type });
}

function tooDeep(): ManyhandsError {
  const text = `The work function's result: $: it is nested deeper than ${VALUE_DEPTH_MAX} levels`;
  return new ManyhandsError('RESULT_TOO_LARGE', text, { path: '$', limit: 'VALUE_DEPTH_MAX' });
}

/** Names the cause of a fatal error of the interpreter, where it is known. */
function explainFatal(thrown: unknown): unknown {
  const text = thrown instanceof Error ? thrown.message : '';
  if (!/call stack|too much recursion/i.test(text)) return thrown;
  return new Error(`stack overflow in the interpreter (${text}): recursion through C code was too deep`);
}

/** @throws ASSIGN_FAILED where a path conflicts with Python's own files */
function mountFiles(pyodide: PyodideInterface, files: ReadonlyMap<string, JobFileEntry>, cwd: string): void {
  const FS = pyodide.FS as unknown as FileSystem;
  let path = cwd;
  try {
    FS.mkdirTree(cwd);
    for (const [at, entry] of files) {
      path = at;
      if (entry.kind === 'directory') FS.mkdirTree(at);
      else {
        FS.mkdirTree(at.slice(0, at.lastIndexOf('/')) || '/');
        FS.writeFile(at, entry.bytes, { canOwn: true });
      }
    }
  } catch (error) {
    throw new ManyhandsError(
      'ASSIGN_FAILED',
      `The job's file ${path} cannot be written`,
      { path },
      { cause: error },
    );
  }
}
