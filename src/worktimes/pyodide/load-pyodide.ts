/**
 * Starts Pyodide from bytes, with no network: alike in a browser's Worker and in a Node thread, where it finds a
 * realm that looks like a Worker's. Its loader sees a few stand-ins for the time of loading only.
 * @module
 */
import type { PyodideConfig, PyodideInterface } from 'pyodide';
import { ManyhandsError } from '../../lib/errors.js';

export interface PyodidePlace {
  /** A file of the `pyodide` package. */
  readAsset(name: string): Promise<Uint8Array>;
  /** Imports a module of the `pyodide` package. */
  importAsset(name: string): Promise<Record<string, unknown>>;
  /** The global object. */
  readonly scope: object;
  /** Ends the sandbox: the interpreter broke. */
  readonly fail: (error: unknown) => void;
  /** `pyodide.asm.wasm`, where somebody has compiled it before. */
  readonly compiled?: WebAssembly.Module;
  /** Memory to start from, as `makeSnapshot` once gave it. */
  readonly snapshot?: Uint8Array;
  /** Whether this interpreter will be asked for its memory; it is good for nothing else then. */
  readonly forSnapshot?: boolean;
}

export type PyodideOutput = (level: 'log' | 'error', text: string) => void;

/** Never asked for over a network: the stand-in for `fetch` answers for it. */
const BASE = 'https://pyodide.invalid/';

/** Pyodide's own names for what it does not promise to keep. */
interface SnapshotConfig extends PyodideConfig {
  _makeSnapshot?: boolean;
  _loadSnapshot?: Uint8Array;
}

type LoadPyodide = (config: SnapshotConfig) => Promise<PyodideInterface>;

/** Throws ASSIGN_FAILED. */
export async function startPyodide(place: PyodidePlace, output: PyodideOutput): Promise<PyodideInterface> {
  const { compiled, snapshot, forSnapshot } = place;
  const [wasm, library, lock] = await Promise.all([
    compiled === undefined ? place.readAsset('pyodide.asm.wasm') : new Uint8Array(),
    place.readAsset('python_stdlib.zip'),
    place.readAsset('pyodide-lock.json'),
  ]);
  const files = new Map([
    ['pyodide.asm.wasm', wasm],
    ['python_stdlib.zip', library],
  ]);
  const remove = install(place.scope, standIns(files, compiled));
  try {
    const { loadPyodide } = (await place.importAsset('pyodide.mjs')) as { loadPyodide: LoadPyodide };
    const module = await place.importAsset('pyodide.asm.mjs');
    return await loadPyodide({
      indexURL: BASE,
      stdLibURL: `${BASE}python_stdlib.zip`,
      packageBaseUrl: BASE,
      lockFileContents: new TextDecoder().decode(lock),
      createPyodideModule: module['default'] as NonNullable<PyodideConfig['createPyodideModule']>,
      convertNullToNone: true,
      stdin: () => null,
      stdout: (text) => output('log', text),
      stderr: (text) => output('error', text),
      ...(forSnapshot === true ? { _makeSnapshot: true } : {}),
      ...(snapshot === undefined ? {} : { _loadSnapshot: snapshot }),
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new ManyhandsError('ASSIGN_FAILED', `Pyodide did not start: ${text}`, {}, { cause: error });
  } finally {
    remove();
  }
}

/** What Pyodide's loader looks for to find itself in a module Worker, and to get its files. */
function standIns(
  files: ReadonlyMap<string, Uint8Array>,
  compiled: WebAssembly.Module | undefined,
): Record<string, unknown> {
  class WorkerScope {
    static [Symbol.hasInstance](): boolean {
      return true;
    }
  }
  const answer = (url: unknown): Promise<Partial<Response>> => {
    const name = String(url).slice(BASE.length);
    const bytes = files.get(name);
    if (bytes === undefined) return Promise.reject(new TypeError(`There is no ${name} in this sandbox`));
    return Promise.resolve({
      ok: true,
      arrayBuffer: () => Promise.resolve(wholeBuffer(bytes) as ArrayBuffer),
    });
  };
  return {
    fetch: answer,
    location: { href: BASE, toString: () => BASE },
    WorkerGlobalScope: WorkerScope,
    WebAssembly: withoutStreaming(compiled),
  };
}

/** These bytes alone; they are nobody else's, and are asked for once. */
function wholeBuffer(bytes: Uint8Array): ArrayBufferLike {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}

/** Streaming would ask for a real `Response`, which brings nothing where the bytes are here. */
function withoutStreaming(compiled: WebAssembly.Module | undefined): unknown {
  const compile = async (response: Promise<Response>, imports?: WebAssembly.Imports): Promise<unknown> => {
    if (compiled === undefined) return WebAssembly.instantiate(await (await response).arrayBuffer(), imports);
    return { module: compiled, instance: await WebAssembly.instantiate(compiled, imports) };
  };
  return Object.create(WebAssembly, { instantiateStreaming: { value: compile } }) as unknown;
}

/** Puts values on the global object; returns how to take them back. */
function install(scope: object, values: Record<string, unknown>): () => void {
  const before = new Map<string, PropertyDescriptor | undefined>();
  for (const [name, value] of Object.entries(values)) {
    before.set(name, Object.getOwnPropertyDescriptor(scope, name));
    Object.defineProperty(scope, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(scope, name);
      else Object.defineProperty(scope, name, descriptor);
    }
  };
}
