/**
 * The entry of a sandbox in a Node thread (worker_threads). A thread is no protection against hostile code: hosts run
 * jobs of trusted owners only in it. The globals are locked down all the same, so that a job behaves alike everywhere.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { ManyhandsError } from '../../lib/errors.js';
import type { SupervisorToSandbox, WorktimeFiles } from '../../protocol/messages/sandbox-messages.js';
import type { CompileEnv } from '../runtime/compile.js';
import { mapBasicRuntime } from '../map-basic/runtime.js';
import type { PyodideEnv } from '../pyodide/load-pyodide.js';
import { waitOnSignal } from './quiesce.js';
import type { Runtime, RuntimeStart } from '../runtime/runtime.js';
import { runSandbox } from './sandbox-entry.js';
import type { SandboxEnv, SandboxPort, Fail } from './sandbox-env.js';

if (parentPort === null) throw new Error('thread-sandbox.js is started as a worker thread only');

const { process, setImmediate } = globalThis;
const now = performance.now.bind(performance);
const postMessage = parentPort.postMessage.bind(parentPort);
const listen = parentPort.on.bind(parentPort);

const compileEnv: CompileEnv = {
  // Unlike in `eval`, `import()` fails in a separate script, in its functions and in what they evaluate.
  evaluate: (script) => new Script(script).runInThisContext() as unknown,
  importModule: async (source) =>
    (await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`)) as Record<
      string,
      unknown
    >,
  locateSyntaxError,
};

/** Polyfills `navigator` as Node has it from version 21 on. */
if ((globalThis as { navigator?: unknown }).navigator === undefined) {
  const value = {
    hardwareConcurrency: availableParallelism(),
    language: 'en-US',
    platform: process.platform,
    userAgent: `Node.js/${process.versions.node.split('.')[0]}`,
  };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true, writable: true });
}

const port: SandboxPort = {
  post: (message, transfer) => postMessage(message, transfer),
  onMessage: (fn) => void listen('message', (message: SupervisorToSandbox) => fn(message)),
};

const env: SandboxEnv = {
  scope: globalThis,
  loadRuntime,
  makeSnapshot: async (name, assets) => {
    if (name !== 'pyodide') throw new ManyhandsError('ASSIGN_FAILED', `${name} has no snapshots`);
    const pyodide = await import('../pyodide/runtime.js');
    return pyodide.makeSnapshot(pyodideEnv(assets, () => undefined));
  },
  now,
  nextTurn: (then) => void setImmediate(then),
  sleep: waitOnSignal((workerData as { bell: Int32Array }).bell),
  onUncaughtError(report) {
    process.on('uncaughtException', report);
    process.on('unhandledRejection', report);
  },
  terminate(error) {
    process.removeAllListeners('uncaughtException');
    setImmediate(() => {
      throw error;
    });
  },
};

runSandbox(port, env);

async function loadRuntime(
  name: string,
  assets: WorktimeFiles,
  fail: Fail,
  start: RuntimeStart = {},
): Promise<Runtime> {
  if (name === 'map-basic') return mapBasicRuntime(compileEnv);
  if (name === 'wasm') return (await import('../wasm/runtime.js')).wasmRuntime();
  if (name !== 'pyodide') throw new ManyhandsError('ASSIGN_FAILED', `This sandbox has no worktime ${name}`);
  const { pyodideRuntime } = await import('../pyodide/runtime.js');
  const { snapshot } = start;
  const readSnapshot = snapshot instanceof Uint8Array ? async () => snapshot : undefined;
  return pyodideRuntime({ ...pyodideEnv(assets, fail), readSnapshot });
}

/** Files that the assignment does not contain are read from the installed package. */
function pyodideEnv(assets: WorktimeFiles, fail: Fail): PyodideEnv {
  preventV8Abort();
  const fileUrl = (file: string): string => import.meta.resolve(`pyodide/${file}`);
  const compiled = assets['pyodide.asm.wasm'];
  return {
    readAsset: async (file) => {
      const given = assets[file];
      return given instanceof Uint8Array ? given : new Uint8Array(await readFile(new URL(fileUrl(file))));
    },
    importAsset: async (file) => (await import(fileUrl(file))) as Record<string, unknown>,
    ...(compiled instanceof WebAssembly.Module ? { compiled: Promise.resolve(compiled) } : {}),
    scope: globalThis,
    fail,
  };
}

/** From this major version on V8 may not know the flag, and would print a warning. */
const V8_WITHOUT_FLAG = 13;

/**
 * V8 (observed in 11.3, Node 20) aborts the process when it deoptimizes inside a call that it inlined into WebAssembly and
 * that returns a reference, as Pyodide's calls do.
 */
function preventV8Abort(): void {
  if (Number.parseInt(process.versions.v8, 10) >= V8_WITHOUT_FLAG) return;
  setFlagsFromString('--no-turbo-inline-js-wasm-calls');
}

/** V8 gives the position of a syntax error only in the stack of a script that was compiled with a file name. */
async function locateSyntaxError(script: string): Promise<string | undefined> {
  try {
    new Script(script, { filename: 'work-function.js', columnOffset: -1 });
    return undefined;
  } catch (error) {
    return /^work-function\.js:\d+/.exec((error as Error).stack ?? '')?.[0];
  }
}
