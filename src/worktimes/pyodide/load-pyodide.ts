/**
 * Starts Pyodide from bytes, with no network: alike in a browser's Worker and in a Node thread, where it finds a
 * realm that looks like a Worker's. Its loader sees a few stand-ins for the time of loading only.
 * @module
 */
import type { PyodideConfig, PyodideInterface } from 'pyodide';
import { isError, ManyhandsError } from '../../lib/errors.js';
import { openSnapshot, type OpenSnapshot } from './snapshot.js';

export interface PyodidePlace {
  /** A file of the `pyodide` package. */
  readAsset(name: string): Promise<Uint8Array>;
  /** Imports a module of the `pyodide` package. */
  importAsset(name: string): Promise<Record<string, unknown>>;
  /** The global object. */
  readonly scope: object;
  /** Ends the sandbox: the interpreter broke. */
  readonly fail: (error: unknown) => void;
  /** `pyodide.asm.wasm`, where somebody compiles it elsewhere. */
  readonly compiled?: Promise<WebAssembly.Module>;
  /** Memory to start from, as `makeSnapshot` once gave it. */
  readonly readSnapshot?: (() => Promise<Uint8Array>) | undefined;
  /** Whether this interpreter will be asked for its memory; it is good for nothing else then. */
  readonly forSnapshot?: boolean;
}

export type PyodideOutput = (level: 'log' | 'error', text: string) => void;

/** Never asked for over a network: the stand-in for `fetch` answers for it. */
const BASE = 'https://pyodide.invalid/';
const WASM = 'pyodide.asm.wasm';

/** Pyodide's own names for what it does not promise to keep. */
interface SnapshotConfig extends PyodideConfig {
  _makeSnapshot?: boolean;
  _loadSnapshot?: Uint8Array;
}

type LoadPyodide = (config: SnapshotConfig) => Promise<PyodideInterface>;

type CreateModule = NonNullable<PyodideConfig['createPyodideModule']>;

/** Throws ASSIGN_FAILED, or ISOLATION_UNAVAILABLE where what is compiled elsewhere does not come. */
export async function startPyodide(place: PyodidePlace, output: PyodideOutput): Promise<PyodideInterface> {
  const { compiled, readSnapshot, forSnapshot } = place;
  const files = new Map<string, Uint8Array>();
  const read = async (name: string): Promise<void> => {
    files.set(name, await place.readAsset(name));
  };
  // The loader looks around as soon as it is imported.
  let given: WebAssembly.Module | undefined;
  const remove = install(
    place.scope,
    standIns(files, () => given),
  );
  try {
    const [loader, module, lock, snapshot] = await Promise.all([
      place.importAsset('pyodide.mjs'),
      place.importAsset('pyodide.asm.mjs'),
      place.readAsset('pyodide-lock.json'),
      readSnapshot?.().then(openSnapshot),
      read('python_stdlib.zip'),
      compiled === undefined ? read(WASM) : undefined,
    ]);
    // Before it runs: the loader waits for ever for what it cannot have.
    given = await compiled;
    // Asked for in any case, and left aside where it is compiled already.
    if (given !== undefined) files.set(WASM, new Uint8Array());
    const { loadPyodide } = loader as { loadPyodide: LoadPyodide };
    const create = module['default'] as CreateModule;
    return await loadPyodide({
      indexURL: BASE,
      stdLibURL: `${BASE}python_stdlib.zip`,
      packageBaseUrl: BASE,
      lockFileContents: new TextDecoder().decode(lock),
      createPyodideModule: snapshot === undefined ? create : filled(create, snapshot),
      convertNullToNone: true,
      stdin: () => null,
      stdout: (text) => output('log', text),
      stderr: (text) => output('error', text),
      ...(forSnapshot === true ? { _makeSnapshot: true } : {}),
      ...(snapshot === undefined ? {} : { _loadSnapshot: snapshot.head }),
    });
  } catch (error) {
    if (isError(error, 'ISOLATION_UNAVAILABLE')) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new ManyhandsError('ASSIGN_FAILED', `Pyodide did not start: ${text}`, {}, { cause: error });
  } finally {
    remove();
  }
}

/** As Pyodide would make it of a snapshot that has all memory in it, which is then copied once more. */
function filled(create: CreateModule, { heapBytes, writeTo }: OpenSnapshot): CreateModule {
  return async (settings) => {
    settings.INITIAL_MEMORY = heapBytes;
    const module = await create(settings);
    writeTo(module.HEAPU8);
    return module;
  };
}

/** What Pyodide's loader looks for to find itself in a module Worker, and to get its files. */
function standIns(
  files: ReadonlyMap<string, Uint8Array>,
  compiled: () => WebAssembly.Module | undefined,
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
    WebAssembly: startingWasm(compiled),
  };
}

/** These bytes alone; they are nobody else's, and are asked for once. */
function wholeBuffer(bytes: Uint8Array): ArrayBufferLike {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}

/**
 * What differs from `WebAssembly` while the loader runs. Streaming would ask for a real `Response`, which brings nothing
 * where the bytes are here. The one memory that is asked for is a shared one, to wait on while a stream has nothing: none
 * of ours waits, and some pages may share none. Of the modules most are alike: they pass calls of one type on.
 */
function startingWasm(compiled: () => WebAssembly.Module | undefined): unknown {
  const { Memory, Module } = WebAssembly;
  const compile = async (response: Promise<Response>, imports?: WebAssembly.Imports): Promise<unknown> => {
    const module = compiled();
    if (module === undefined) return WebAssembly.instantiate(await (await response).arrayBuffer(), imports);
    return { module, instance: await WebAssembly.instantiate(module, imports) };
  };
  const made = new Map<string, WebAssembly.Module>();
  const OwnModule = new Proxy(Module, {
    construct(_, [bytes]: [Uint8Array<ArrayBuffer>]) {
      const key = bytes.join();
      const module = made.get(key) ?? new Module(bytes);
      made.set(key, module);
      return module;
    },
  });
  class OwnMemory {
    constructor({ initial, maximum }: WebAssembly.MemoryDescriptor) {
      return new Memory({ initial, ...(maximum === undefined ? {} : { maximum }) });
    }
  }
  return Object.create(WebAssembly, {
    instantiateStreaming: { value: compile },
    Memory: { value: OwnMemory },
    Module: { value: OwnModule },
  }) as unknown;
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
