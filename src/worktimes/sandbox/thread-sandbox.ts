/**
 * The entry of a sandbox in a Node thread (worker_threads). A thread is no border against hostile code: hosts give
 * it to jobs of trusted owners only; the globals are tamed all the same, so that a job behaves alike everywhere.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { ManyhandsError } from '../../lib/errors.js';
import type { SupervisorToSandbox, WorktimeFiles } from '../../protocol/messages/sandbox-messages.js';
import type { CompilePlace } from '../runtime/compile.js';
import { mapBasicRuntime } from '../map-basic/runtime.js';
import type { PyodidePlace } from '../pyodide/load-pyodide.js';
import { sleepByBell } from './quiesce.js';
import type { Runtime, RuntimeStart } from '../runtime/runtime.js';
import { runSandbox } from './sandbox-entry.js';
import type { SandboxPlace, SandboxPort, Fail } from './sandbox-host.js';

if (parentPort === null) throw new Error('thread-sandbox.js is started as a worker thread only');

const { process, setImmediate } = globalThis;
const now = performance.now.bind(performance);
const postMessage = parentPort.postMessage.bind(parentPort);
const listen = parentPort.on.bind(parentPort);

const compilePlace: CompilePlace = {
  // Unlike what `eval` is given, a script of its own imports nothing: neither do its functions, nor what they evaluate.
  evaluate: (script) => new Script(script).runInThisContext() as unknown,
  importModule: async (source) =>
    (await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`)) as Record<
      string,
      unknown
    >,
  locateSyntaxError,
};

/** As Node has it from version 21 on. */
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

const place: SandboxPlace = {
  scope: globalThis,
  loadRuntime,
  makeSnapshot: async (name, assets) => {
    if (name !== 'pyodide') throw new ManyhandsError('ASSIGN_FAILED', `${name} has no snapshots`);
    const pyodide = await import('../pyodide/runtime.js');
    return pyodide.makeSnapshot(pyodidePlace(assets, () => undefined));
  },
  now,
  nextTurn: (then) => void setImmediate(then),
  sleep: sleepByBell((workerData as { bell: Int32Array }).bell),
  onStrayError(report) {
    process.on('uncaughtException', report);
    process.on('unhandledRejection', report);
  },
  endBy(error) {
    process.removeAllListeners('uncaughtException');
    setImmediate(() => {
      throw error;
    });
  },
};

runSandbox(port, place);

async function loadRuntime(
  name: string,
  assets: WorktimeFiles,
  fail: Fail,
  start: RuntimeStart = {},
): Promise<Runtime> {
  if (name === 'map-basic') return mapBasicRuntime(compilePlace);
  if (name === 'wasm') return (await import('../wasm/runtime.js')).wasmRuntime();
  if (name !== 'pyodide') throw new ManyhandsError('ASSIGN_FAILED', `This sandbox has no worktime ${name}`);
  const { pyodideRuntime } = await import('../pyodide/runtime.js');
  const { snapshot } = start;
  const readSnapshot = snapshot instanceof Uint8Array ? async () => snapshot : undefined;
  return pyodideRuntime({ ...pyodidePlace(assets, fail), readSnapshot });
}

/** Files that were not handed in are found here. */
function pyodidePlace(assets: WorktimeFiles, fail: Fail): PyodidePlace {
  keepV8FromAborting();
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

/** V8's versions from here on are not known to have the flag, and would complain. */
const V8_WITHOUT_FLAG = 13;

/**
 * V8 (seen in 11.3, Node 20) aborts the whole process when it leaves optimised code in a call that it inlined into
 * WebAssembly and that returns a reference, as Pyodide's calls do.
 */
function keepV8FromAborting(): void {
  if (Number.parseInt(process.versions.v8, 10) >= V8_WITHOUT_FLAG) return;
  setFlagsFromString('--no-turbo-inline-js-wasm-calls');
}

/** V8 tells the place of a syntax error only in the decorated stack of a script that was compiled by name. */
async function locateSyntaxError(script: string): Promise<string | undefined> {
  try {
    new Script(script, { filename: 'work-function.js', columnOffset: -1 });
    return undefined;
  } catch (error) {
    return /^work-function\.js:\d+/.exec((error as Error).stack ?? '')?.[0];
  }
}
