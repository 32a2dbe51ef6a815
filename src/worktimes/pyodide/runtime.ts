/**
 * The worktime `pyodide`: Python work functions in CPython on WebAssembly. The source is compiled once, its
 * function called once a slice.
 * @module
 */
import type { PyodideInterface } from 'pyodide';
import type { PyCallable, PyProxy } from 'pyodide/ffi';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { VALUE_DEPTH_MAX } from '../../protocol/limits.js';
import type { ConsoleLevel } from '../../protocol/messages/messages.js';
import type { JobContext, JobFileEntry, Runtime, WorkFunction } from '../runtime/runtime.js';
import { explainThrown, withoutFrames } from '../runtime/work-error.js';
import { errorOf, PythonChunks, type ChunkHarness, type Described } from './chunks.js';
import { HARNESS, HARNESS_NAME } from './harness.js';
import { startPyodide, type PyodideOutput, type PyodidePlace } from './load-pyodide.js';
import { packSnapshot } from './snapshot.js';
import {
  copyFromPython,
  crossesAlone,
  CrossingRefusal,
  markOddities,
  settleAlone,
  standsFor,
} from './values.js';

/** The harness as JavaScript calls it. */
interface Harness extends ChunkHarness {
  install(job: unknown): void;
  load(source: string): PyProxy;
  bind(fn: PyCallable, args: PyProxy): PyCallable;
  apply(fn: PyCallable, box: PyProxy): unknown;
  describe(): PyProxy;
  odd_part(value: PyProxy): PyProxy | undefined;
  is_too_deep(value: PyProxy): boolean;
  end_lines(): void;
}

/** What is used of Emscripten's file system. */
interface FileSystem {
  mkdirTree(path: string): void;
  writeFile(path: string, bytes: Uint8Array, options: { canOwn: boolean }): void;
}

/** What `makeMemorySnapshot` is called on: Pyodide does not promise to keep it. */
interface SnapshotMaker {
  makeMemorySnapshot(): Uint8Array;
}

/** Where the harness waits in a snapshot: nothing of JavaScript's side outlives one. */
const WAITING_NAME = 'manyhands.waiting-harness';

/** Starts an interpreter with nobody's code in it, without the snapshot where that does not fit. Throws ASSIGN_FAILED. */
export async function pyodideRuntime(place: PyodidePlace): Promise<Runtime> {
  if (place.readSnapshot === undefined) return start(place);
  try {
    return await start(place);
  } catch (error) {
    // That is no fault of the snapshot's.
    if (isError(error, 'ISOLATION_UNAVAILABLE')) throw error;
    return { ...(await start({ ...place, readSnapshot: undefined })), misfit: true };
  }
}

async function start(place: PyodidePlace): Promise<Runtime> {
  let output: PyodideOutput = () => undefined;
  const pyodide = await startPyodide(place, (level, text) => output(level, text));
  const names = place.readSnapshot === undefined ? runHarness(pyodide) : wakeHarness(pyodide);
  return {
    async prepare(job) {
      output = (level, text) => job.voice.console(level, text);
      return new PythonWork(pyodide, names, job, place.fail).workFunction();
    },
  };
}

/** The memory of a fresh interpreter with the harness in it, packed. Throws ASSIGN_FAILED. */
export async function makeSnapshot(place: Omit<PyodidePlace, 'readSnapshot'>): Promise<Uint8Array> {
  const pyodide = await startPyodide({ ...place, forSnapshot: true }, () => undefined);
  const names = runHarness(pyodide);
  (names.get('preload') as PyCallable)(WAITING_NAME, HARNESS);
  names.destroy();
  return packSnapshot((pyodide as unknown as SnapshotMaker).makeMemorySnapshot());
}

/** The names that the harness defines, as a Python dict. */
interface HarnessNames extends PyProxy {
  get(name: string): unknown;
}

function runHarness(pyodide: PyodideInterface): HarnessNames {
  const names = pyodide.toPy({ __name__: HARNESS_NAME }) as HarnessNames;
  pyodide.runPython(HARNESS, { globals: names, filename: HARNESS_NAME });
  return names;
}

/** Finds the harness in memory that came from a snapshot, and makes this interpreter unlike its siblings. */
function wakeHarness(pyodide: PyodideInterface): HarnessNames {
  const modules = pyodide.pyimport('sys.modules') as PyProxy & { pop(name: string): HarnessNames };
  const names = modules.pop(WAITING_NAME);
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
  /** Of the datum alone. */
  readonly #fn: PyCallable;
  /** Whether a line is begun that a slice's end must end. */
  #lineHeld = false;

  /** Throws WORK_FUNCTION_INVALID or ASSIGN_FAILED. */
  constructor(
    pyodide: PyodideInterface,
    names: HarnessNames,
    job: JobContext,
    fail: (error: unknown) => void,
  ) {
    this.#pyodide = pyodide;
    this.#fail = fail;
    mountFiles(pyodide, job.files, job.cwd);
    this.#toJsDefault = names.get('to_js_default') as PyCallable;
    this.#harness = (names.get('make') as PyCallable)(this.#host(job)) as Harness;
    const { env, cwd, jobId: id } = job;
    this.#harness.install({ env: { ...env }, cwd, id, public: { ...job.public } });
    const fn = this.#load(job.source);
    this.#fn = job.args.length === 0 ? fn : this.#bind(fn, [...job.args]);
  }

  workFunction(): WorkFunction {
    const fn = this.#fn;
    const chunks = new PythonChunks({
      pyodide: this.#pyodide,
      harness: this.#harness,
      fn,
      take: (result) => this.#take(result),
      copy: (results) => copyFromPython(results, this.#toJsDefault) as unknown[],
      explain: (thrown) => this.#explain(thrown),
    });
    return {
      call: (datum) => {
        const result = (crossesAlone(datum) ? fn(datum) : this.#callWithCopy(datum)) as unknown;
        if (typeof result === 'number' || typeof result === 'string') return result;
        return this.#take(result);
      },
      chunks,
      explain: (thrown) => this.#explain(thrown),
      endSlice: () => {
        if (!this.#lineHeld) return;
        this.#lineHeld = false;
        this.#harness.end_lines();
      },
    };
  }

  /** What Python may call. */
  #host(job: JobContext): object {
    return {
      console: (level: ConsoleLevel, text: string) => job.voice.console(level, text),
      progress: (value: unknown) => job.voice.progress(value),
      holdLine: () => {
        this.#lineHeld = true;
      },
      standsFor,
      date: (ms: number) => new Date(ms),
    };
  }

  #load(source: string): PyCallable {
    const loaded = this.#harness.load(source);
    const [fn, problem, place] = loaded.toJs({ depth: 1 }) as [PyCallable | undefined, string?, string?];
    loaded.destroy();
    if (fn !== undefined) return fn;
    const where = place === undefined ? '' : ` at ${place}`;
    throw new ManyhandsError(
      'WORK_FUNCTION_INVALID',
      `The work function cannot be compiled: ${problem ?? 'it is no function'}${where}`,
      place === undefined ? {} : { place },
    );
  }

  #callWithCopy(datum: unknown): unknown {
    const list = [datum];
    const odd = markOddities(list);
    const copy = this.#pyodide.toPy(odd ? list : datum) as PyProxy;
    try {
      return odd ? this.#harness.apply(this.#fn, copy) : (this.#fn(copy) as unknown);
    } finally {
      // What Python has no type for, such as a regular expression, crosses as it is.
      if (copy instanceof this.#pyodide.ffi.PyProxy) copy.destroy();
    }
  }

  #bind(fn: PyCallable, args: unknown[]): PyCallable {
    try {
      markOddities(args);
    } catch (cause) {
      if (!(cause instanceof CrossingRefusal)) throw cause;
      const { message, info } = refusedCrossing(cause, "The job's arguments");
      throw new ManyhandsError('WORK_FUNCTION_INVALID', message, info, { cause });
    }
    const list = this.#pyodide.toPy(args) as PyProxy;
    try {
      return this.#harness.bind(fn, list);
    } finally {
      list.destroy();
    }
  }

  /** What Python gave, as a JavaScript value, or a promise of it. Throws RESULT_NOT_CLONEABLE. */
  #take(result: unknown): unknown {
    const { PyProxy, PyAwaitable, PyBuffer } = this.#pyodide.ffi;
    if (!(result instanceof PyProxy)) return settleAlone(result);
    if (result instanceof PyAwaitable) {
      const awaitable = result as unknown as PromiseLike<unknown>;
      return Promise.resolve(awaitable).then((value) => this.#take(value));
    }
    try {
      if (!(result instanceof PyBuffer) && this.#harness.is_too_deep(result)) throw tooDeep();
      return copyFromPython(result, this.#toJsDefault);
    } catch (error) {
      if (isError(error)) throw error;
      throw this.#refusal(result, error);
    } finally {
      result.destroy();
    }
  }

  #refusal(result: PyProxy, error: unknown): unknown {
    const odd = this.#harness.odd_part(result);
    if (odd === undefined) return this.#unexplained(error);
    const [path, type, advice] = odd.toJs() as [string, string, string?];
    odd.destroy();
    const what = advice === undefined ? 'return plain data' : `return plain data, such as ${advice}`;
    return new ManyhandsError(
      'RESULT_NOT_CLONEABLE',
      `The work function's result: ${path}: a value of Python's type ${type} cannot travel; ${what}`,
      { path, type },
    );
  }

  /** What kept a result from being copied, where no part of it is at fault by its type. */
  #unexplained(error: unknown): unknown {
    const explained = this.#explain(error);
    if (explained.name !== 'ConversionError') return explained;
    const cause = explained.cause instanceof Error ? explained.cause : undefined;
    const why = cause === undefined ? explained.message : cause.message;
    // What JavaScript has no memory for is a RangeError there.
    const code = why.startsWith('RangeError') ? 'RESULT_TOO_LARGE' : 'RESULT_NOT_CLONEABLE';
    const text = `The work function's result: $: it cannot be copied out of Python: ${why}`;
    return new ManyhandsError(code, text, { path: '$' }, { cause: explained });
  }

  #explain(thrown: unknown): Error {
    if (isError(thrown)) return withoutFrames(thrown) as Error;
    if (thrown instanceof CrossingRefusal)
      return withoutFrames(refusedCrossing(thrown, "The slice's datum")) as Error;
    if (isFatal(thrown)) this.#fail(explainFatal(thrown));
    if (!(thrown instanceof this.#pyodide.ffi.PythonError)) return explainThrown(thrown, () => []);
    try {
      const described = this.#harness.describe();
      const about = described.toJs() as Described;
      described.destroy();
      return errorOf(about);
    } catch (error) {
      if (isFatal(error)) this.#fail(explainFatal(error));
      throw error;
    }
  }
}

function isFatal(thrown: unknown): boolean {
  return (thrown as { pyodide_fatal_error?: unknown } | null)?.pyodide_fatal_error === true;
}

/** `what` was to cross: a list of one, or of the arguments. */
function refusedCrossing({ steps, type, message }: CrossingRefusal, what: string): ManyhandsError {
  // The outermost step is the list's own.
  const [list, ...inner] = [...steps].reverse();
  const path = what.startsWith('The job') ? `$${list}${inner.join('')}` : `$${inner.join('')}`;
  return new ManyhandsError('VALUE_NOT_CLONEABLE', `${what}: ${path}: ${message}`, { path, type });
}

function tooDeep(): ManyhandsError {
  const text = `The work function's result: $: it is nested deeper than ${VALUE_DEPTH_MAX} levels`;
  return new ManyhandsError('RESULT_TOO_LARGE', text, { path: '$', limit: 'VALUE_DEPTH_MAX' });
}

/** Why an interpreter broke, in words of Python's world. */
function explainFatal(thrown: unknown): unknown {
  const text = thrown instanceof Error ? thrown.message : '';
  if (!/call stack|too much recursion/i.test(text)) return thrown;
  return new Error(`stack overflow in the interpreter (${text}): recursion through C code was too deep`);
}

/** Throws ASSIGN_FAILED where a path is taken by Python's own files. */
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
      `The job's file ${path} cannot be put there`,
      { path },
      { cause: error },
    );
  }
}
