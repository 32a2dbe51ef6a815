/**
 * The entry of a sandbox in a browser: a classic Worker in a frame of opaque origin. It is bundled into one script.
 * The first message carries the port to the supervisor; job code cannot reach that port.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { NO_TRANSFER } from '../../lib/no-transfer.js';
import type { SupervisorToSandbox, WorktimeFiles } from '../../protocol/messages/sandbox-messages.js';
import { macrotaskQueue } from '../realm/macrotask-queue.js';
import { SOURCE_NAME, type CompileEnv } from '../runtime/compile.js';
import { mapBasicRuntime } from '../map-basic/runtime.js';
import { ReceivedModules } from './received-modules.js';
import type { PyodideEnv } from '../pyodide/load-pyodide.js';
import { waitOnSignal, waitWithTimeout } from './quiesce.js';
import type { Runtime, RuntimeStart } from '../runtime/runtime.js';
import { runSandbox } from './sandbox-entry.js';
import type { SandboxEnv, SandboxPort, Fail } from './sandbox-env.js';
import { getterOf, methodOf } from '../realm/captured.js';

/** What this file uses of a Worker's global scope; TypeScript's DOM library describes a window. */
interface WorkerScope {
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const listen = scope.addEventListener.bind(scope);
const stopListening = scope.removeEventListener.bind(scope);
const evaluate = globalThis.eval;
const later = globalThis.setTimeout.bind(globalThis);
const now = performance.now.bind(performance);
const createUrl = URL.createObjectURL.bind(URL);
const revokeUrl = URL.revokeObjectURL.bind(URL);
const ScriptBlob = Blob;
/** In Deno job code gets another class of channels; this native one belongs to this script alone. */
const { HostMessageChannel } = globalThis as { HostMessageChannel?: typeof MessageChannel };
const Channel = HostMessageChannel ?? MessageChannel;
/** Deno reads transfer lists by methods that job code can replace; there this script transfers nothing and copies instead. */
const isCopied = HostMessageChannel !== undefined;
Reflect.deleteProperty(globalThis, 'HostMessageChannel');
const { apply } = Reflect;
/** Captured: a getter that job code put in its place would receive the event, and with it the port. */
const readData = getterOf(MessageEvent.prototype, 'data');
const readBlob = methodOf(Blob.prototype, 'arrayBuffer');
const sliceBlob = methodOf(Blob.prototype, 'slice');
const preventDefault = methodOf(Event.prototype, 'preventDefault');

/** Receives the modules that the frame compiled. */
let modules: ReceivedModules | undefined;

listen('message', begin);

function begin(event: Event): void {
  const [port, modulePort] = (event as MessageEvent).ports;
  if (port === undefined) return;
  if (modulePort !== undefined) modules = new ReceivedModules(modulePort);
  stopListening('message', begin);
  const { bell: signal } = apply(readData, event, []) as { bell?: Int32Array };
  const sleep = signal === undefined ? waitWithTimeout() : waitOnSignal(signal);
  runSandbox(portOf(port), { ...sandboxEnv(), sleep });
}

function portOf(port: MessagePort): SandboxPort {
  const postMessage = port.postMessage.bind(port);
  return {
    post(message, transfer) {
      if (isCopied) postMessage(message, NO_TRANSFER);
      else if (transfer === undefined) postMessage(message);
      else postMessage(message, transfer);
    },
    onMessage(fn) {
      port.onmessage = (event) => fn(apply(readData, event, []) as SupervisorToSandbox);
    },
  };
}

function sandboxEnv(): SandboxEnv {
  return {
    scope: globalThis,
    loadRuntime,
    makeSnapshot: async (name, assets) => {
      if (name !== 'pyodide') throw new ManyhandsError('ASSIGN_FAILED', `${name} has no snapshots`);
      const { makeSnapshot } = await import('../pyodide/runtime.js');
      return makeSnapshot(pyodideEnv(assets, () => undefined));
    },
    now,
    nextTurn: macrotaskQueue(new Channel()),
    onUncaughtError: (report) => listenForUncaught(report),
    terminate(error) {
      isTerminating = true;
      later(() => {
        throw error;
      }, 0);
    },
  };
}

/** Set when the next uncaught error must end this Worker: the frame then terminates it. */
let isTerminating = false;

/** Reports uncaught errors of job code; they must not reach the frame, which would terminate this Worker. */
function listenForUncaught(report: (error: unknown) => void): void {
  listen('error', (event) => {
    if (isTerminating) return;
    apply(preventDefault, event, []);
    const { error, message } = event as Omit<ErrorEvent, 'error'> & { error: unknown };
    if (onParseError === undefined) report(error ?? new Error(message));
    else onParseError(event as ErrorEvent);
  });
  listen('unhandledrejection', (event) => {
    apply(preventDefault, event, []);
    report((event as PromiseRejectionEvent).reason);
  });
}

/** Imports on demand: a job needs one runtime, and the others cost it no time. */
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
  const readSnapshot = snapshot === undefined ? undefined : () => bytesOf(snapshot);
  return pyodideRuntime({ ...pyodideEnv(assets, fail), readSnapshot });
}

function pyodideEnv(assets: WorktimeFiles, fail: Fail): PyodideEnv {
  const asset = (file: string): Uint8Array | Blob => {
    const found = Object.hasOwn(assets, file) ? assets[file] : undefined;
    if (found instanceof Uint8Array || found instanceof ScriptBlob) return found;
    throw new ManyhandsError('ASSIGN_FAILED', `The file ${file} of Pyodide did not reach the sandbox`, {
      file,
    });
  };
  const wasm = assets['pyodide.asm.wasm'];
  const key = wasm !== undefined && 'moduleKey' in wasm ? wasm.moduleKey : undefined;
  const compiled = key === undefined ? undefined : modules?.get(key);
  // The loader awaits it later; without this, an early rejection would count as unhandled.
  compiled?.catch(() => undefined);
  return {
    readAsset: (file) => bytesOf(asset(file)),
    importAsset: async (file) => importText(await withEagerParsing(asset(file))),
    ...(compiled === undefined ? {} : { compiled }),
    scope: globalThis,
    fail,
  };
}

const compileEnv: CompileEnv = {
  evaluate: (script) => evaluate(script) as unknown,
  importModule: (source) => importText(source),
  locateSyntaxError,
};

/** A Blob is read here, by the method captured before job code ran. */
async function bytesOf(file: Uint8Array | Blob): Promise<Uint8Array> {
  return file instanceof Uint8Array ? file : new Uint8Array((await apply(readBlob, file, [])) as ArrayBuffer);
}

/** How `pyodide.asm.mjs` ends; everything before it is one function, which is called once. */
const EXPORT = 'export default _createPyodideModule;\n';

/**
 * Wraps that function in parentheses, so that engines parse its 1.2 MB once; otherwise they pre-parse it and parse it
 * again at the call.
 */
async function withEagerParsing(file: Uint8Array | Blob): Promise<Uint8Array | Blob> {
  if (!(file instanceof ScriptBlob)) return file;
  const end = apply(sliceBlob, file, [-EXPORT.length]) as Blob;
  if (new TextDecoder().decode(await bytesOf(end)) !== EXPORT) return file;
  const body = apply(sliceBlob, file, [0, -EXPORT.length]) as Blob;
  return new ScriptBlob(['const _createPyodideModule = (', body, `);${EXPORT}`]);
}

async function importText(text: string | Uint8Array | Blob): Promise<Record<string, unknown>> {
  const url = createUrl(new ScriptBlob([text as BlobPart], { type: 'text/javascript' }));
  try {
    return (await import(url)) as Record<string, unknown>;
  } finally {
    revokeUrl(url);
  }
}

/** Receives the next error event while a script is parsed to locate its syntax error. */
let onParseError: ((event: ErrorEvent) => void) | undefined;

/**
 * A browser reports the position of a syntax error only to `onerror`, so the script is evaluated again by a timer. The
 * `throw` in front keeps a script that does parse from running.
 */
function locateSyntaxError(script: string): Promise<string | undefined> {
  const before = 'throw 0;';
  return new Promise((resolve) => {
    onParseError = ({ error, lineno, colno }: Omit<ErrorEvent, 'error'> & { error: unknown }) => {
      onParseError = undefined;
      if (error === 0 || !(lineno > 0)) return resolve(undefined);
      // On the first line `compileFunction` puts one more UTF-16 unit, a parenthesis, before the source.
      const column = lineno === 1 ? colno - before.length - 1 : colno;
      resolve(`${SOURCE_NAME}:${lineno}${column > 0 ? `:${column}` : ''}`);
    };
    later(before + script, 0);
  });
}
