/**
 * Starts Pyodide from bytes, without a network, in a Worker of a browser or a Node thread. While its loader runs, it finds
 * stubs of a few globals, by which the realm looks like a module Worker.
 * @module
 */
import type { PyodideConfig, PyodideInterface } from 'pyodide';
import { isError, ManyhandsError } from '../../lib/errors.js';
import type { RuntimeEnv, RuntimeFiles, V8Engine } from '../runtime/runtime-env.js';
import { openSnapshot, type OpenSnapshot } from './snapshot.js';

export type PyodideOutput = (level: 'log' | 'error', text: string) => void;

/** Never requested over a network: the stub of `fetch` answers. */
const BASE = 'https://pyodide.invalid/';
const WASM = 'pyodide.asm.wasm';
const LOCK = 'pyodide-lock.json';

/** Internal options of Pyodide, which may change with any version. */
interface SnapshotConfig extends PyodideConfig {
  _makeSnapshot?: boolean;
  _loadSnapshot?: Uint8Array;
}

type LoadPyodide = (config: SnapshotConfig) => Promise<PyodideInterface>;

type CreateModule = NonNullable<PyodideConfig['createPyodideModule']>;

/**
 * `forSnapshot`: whether this interpreter is started to make a snapshot; it cannot be used for anything else. Rejects with
 * ASSIGN_FAILED, or ISOLATION_UNAVAILABLE where the compiled module does not arrive.
 */
export async function startPyodide(
  { files: assets, scope, readSnapshot, v8 }: RuntimeEnv,
  output: PyodideOutput,
  { forSnapshot = false } = {},
): Promise<PyodideInterface> {
  preventV8Abort(v8);
  const compiled = assets.compiled(WASM);
  const files = new Map<string, Uint8Array>();
  const read = async (name: string): Promise<void> => {
    files.set(name, await assets.read(name));
  };
  // Before the import: the loader reads its globals as soon as it is imported.
  let compiledModule: WebAssembly.Module | undefined;
  const restore = install(scope, {
    ...loaderStubs(files, () => compiledModule),
    ...(isOlder(assets) ? OLDER_STUBS : {}),
  });
  try {
    const [loader, module, lock, snapshot] = await Promise.all([
      assets.importModule('pyodide.mjs'),
      importCreate(assets, scope),
      assets.read(LOCK),
      readSnapshot?.().then(openSnapshot),
      read('python_stdlib.zip'),
      compiled === undefined ? read(WASM) : undefined,
    ]);
    // Before the loader runs: it would wait for ever for a module that does not arrive.
    compiledModule = await compiled;
    // The loader requests the file in any case; the stub ignores its bytes if the module is compiled.
    if (compiledModule !== undefined) files.set(WASM, new Uint8Array());
    if (isOlder(assets)) files.set(LOCK, lock);
    const { loadPyodide } = loader as { loadPyodide: LoadPyodide };
    const create = snapshot === undefined ? module : withSnapshotMemory(module, snapshot);
    // Releases before 314 have no option for it, and look for this global.
    Object.assign(scope, { _createPyodideModule: create });
    return await loadPyodide({
      indexURL: BASE,
      stdLibURL: `${BASE}python_stdlib.zip`,
      packageBaseUrl: BASE,
      lockFileContents: new TextDecoder().decode(lock),
      createPyodideModule: create,
      convertNullToNone: true,
      stdin: () => null,
      stdout: (text) => output('log', text),
      stderr: (text) => output('error', text),
      ...(forSnapshot ? { _makeSnapshot: true } : {}),
      ...(snapshot === undefined ? {} : { _loadSnapshot: snapshot.head }),
    });
  } catch (error) {
    if (isError(error, 'ISOLATION_UNAVAILABLE')) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new ManyhandsError('ASSIGN_FAILED', `Pyodide did not start: ${text}`, {}, { cause: error });
  } finally {
    Reflect.deleteProperty(scope, '_createPyodideModule');
    restore();
  }
}

/** Whether it is a release before 314, whose loader has other ways. */
const isOlder = (assets: RuntimeFiles): boolean => !assets.has('pyodide.asm.mjs');

/** By which an older loader detects a Worker; it has no script left to import. */
const OLDER_STUBS = {
  importScripts: (): never => {
    throw new TypeError('There are no scripts to import in this sandbox');
  },
};

/** The function that makes Emscripten's module; before 314 a script that defines a global. */
async function importCreate(assets: RuntimeFiles, scope: object): Promise<CreateModule> {
  if (!isOlder(assets)) {
    const module = await assets.importModule('pyodide.asm.mjs', '_createPyodideModule');
    return module['default'] as CreateModule;
  }
  await assets.importModule('pyodide.asm.js');
  return (scope as { _createPyodideModule?: unknown })._createPyodideModule as CreateModule;
}

/** From this major version on V8 may not know the flag, and would print a warning. */
const V8_WITHOUT_FLAG = 13;

/**
 * V8 (observed in 11.3, Node 20) aborts the process when it deoptimizes inside a call that it inlined into WebAssembly and
 * that returns a reference, as Pyodide's calls do.
 */
function preventV8Abort(v8: V8Engine | undefined): void {
  if (v8 !== undefined && v8.majorVersion < V8_WITHOUT_FLAG) v8.setFlags('--no-turbo-inline-js-wasm-calls');
}

/** Writes the snapshot to the memory directly: given to Pyodide as a whole, it would be copied once more. */
function withSnapshotMemory(create: CreateModule, { heapBytes, writeTo }: OpenSnapshot): CreateModule {
  return async (settings) => {
    settings.INITIAL_MEMORY = heapBytes;
    const module = await create(settings);
    writeTo(module.HEAPU8);
    return module;
  };
}

/** Globals by which Pyodide's loader detects a module Worker and fetches its files. */
function loaderStubs(
  files: ReadonlyMap<string, Uint8Array>,
  compiled: () => WebAssembly.Module | undefined,
): Record<string, unknown> {
  class WorkerScope {
    static [Symbol.hasInstance](): boolean {
      return true;
    }
  }
  const fetchAsset = (url: unknown): Promise<Partial<Response>> => {
    const name = String(url).slice(BASE.length);
    const bytes = files.get(name);
    if (bytes === undefined) return Promise.reject(new TypeError(`There is no ${name} in this sandbox`));
    return Promise.resolve({
      ok: true,
      arrayBuffer: () => Promise.resolve(wholeBuffer(bytes) as ArrayBuffer),
      json: () => Promise.resolve(JSON.parse(new TextDecoder().decode(bytes)) as unknown),
    });
  };
  return {
    fetch: fetchAsset,
    location: { href: BASE, toString: () => BASE },
    WorkerGlobalScope: WorkerScope,
    WebAssembly: loaderWebAssembly(compiled),
  };
}

/** A buffer with exactly these bytes; not copied where possible, since they are read once and not shared. */
function wholeBuffer(bytes: Uint8Array): ArrayBufferLike {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}

/**
 * `WebAssembly` with changes while the loader runs. `instantiateStreaming` uses the given bytes or module: the native one
 * needs a real `Response`. `Memory` is never shared: the loader makes one shared memory to wait on streams, which never
 * wait here, and some pages have no shared memory. `Module` caches modules by their bytes: the loader makes many that are
 * equal, since they forward calls of the same type.
 */
function loaderWebAssembly(compiled: () => WebAssembly.Module | undefined): unknown {
  const { Memory, Module } = WebAssembly;
  const compile = async (response: Promise<Response>, imports?: WebAssembly.Imports): Promise<unknown> => {
    const module = compiled();
    if (module === undefined) return WebAssembly.instantiate(await (await response).arrayBuffer(), imports);
    return { module, instance: await WebAssembly.instantiate(module, imports) };
  };
  const cached = new Map<string, WebAssembly.Module>();
  const CachedModule = new Proxy(Module, {
    construct(_, [bytes]: [Uint8Array<ArrayBuffer>]) {
      const key = bytes.join();
      const module = cached.get(key) ?? new Module(bytes);
      cached.set(key, module);
      return module;
    },
  });
  class UnsharedMemory {
    constructor({ initial, maximum }: WebAssembly.MemoryDescriptor) {
      return new Memory({ initial, ...(maximum === undefined ? {} : { maximum }) });
    }
  }
  return Object.create(WebAssembly, {
    instantiateStreaming: { value: compile },
    Memory: { value: UnsharedMemory },
    Module: { value: CachedModule },
  }) as unknown;
}

/** Defines values on the global object; returns a function that restores the properties from before. */
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
