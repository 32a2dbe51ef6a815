/**
 * The entry of a sandbox in a browser: a classic Worker in a frame of opaque origin. It is bundled into one script;
 * the first message brings the port to the supervisor, which job code then cannot reach.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { NO_TRANSFER } from '../../lib/no-transfer.js';
import type { SupervisorToSandbox, WorktimeFiles } from '../../protocol/messages/sandbox-messages.js';
import { laterTurns } from '../realm/later-turns.js';
import { SOURCE_NAME, type CompilePlace } from '../runtime/compile.js';
import { mapBasicRuntime } from '../map-basic/runtime.js';
import { GivenModules } from './given-modules.js';
import type { PyodidePlace } from '../pyodide/load-pyodide.js';
import { sleepByBell, sleepByClock } from './quiesce.js';
import type { Runtime, RuntimeStart } from '../runtime/runtime.js';
import { runSandbox } from './sandbox-entry.js';
import type { SandboxPlace, SandboxPort, Fail } from './sandbox-host.js';
import { getterOf, methodOf } from '../realm/captured.js';

/** What this file uses of a Worker's global scope; TypeScript's DOM library describes a window. */
interface WorkerScope {
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const listen = scope.addEventListener.bind(scope);
const silence = scope.removeEventListener.bind(scope);
const evaluate = globalThis.eval;
const later = globalThis.setTimeout.bind(globalThis);
const now = performance.now.bind(performance);
const createUrl = URL.createObjectURL.bind(URL);
const revokeUrl = URL.revokeObjectURL.bind(URL);
const ScriptBlob = Blob;
/** In Deno job code has channels of another kind, and the one of this script is never seen by it. */
const { HostMessageChannel } = globalThis as { HostMessageChannel?: typeof MessageChannel };
const Channel = HostMessageChannel ?? MessageChannel;
/** Deno reads lists of transfers by methods that job code can replace: there all that this script posts is copied. */
const isCopied = HostMessageChannel !== undefined;
Reflect.deleteProperty(globalThis, 'HostMessageChannel');
const { apply } = Reflect;
/** Job code may put another getter in its place, which would be handed the event, and with it the port. */
const readData = getterOf(MessageEvent.prototype, 'data');
const readBlob = methodOf(Blob.prototype, 'arrayBuffer');
const sliceBlob = methodOf(Blob.prototype, 'slice');
const preventDefault = methodOf(Event.prototype, 'preventDefault');

/** Where the frame hands in modules that it compiled. */
let modules: GivenModules | undefined;

listen('message', begin);

function begin(event: Event): void {
  const [port, modulePort] = (event as MessageEvent).ports;
  if (port === undefined) return;
  if (modulePort !== undefined) modules = new GivenModules(modulePort);
  silence('message', begin);
  const { bell } = apply(readData, event, []) as { bell?: Int32Array };
  runSandbox(portOf(port), { ...place(), sleep: bell === undefined ? sleepByClock() : sleepByBell(bell) });
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

function place(): SandboxPlace {
  return {
    scope: globalThis,
    loadRuntime,
    makeSnapshot: async (name, assets) => {
      if (name !== 'pyodide') throw new ManyhandsError('ASSIGN_FAILED', `${name} has no snapshots`);
      const { makeSnapshot } = await import('../pyodide/runtime.js');
      return makeSnapshot(pyodidePlace(assets, () => undefined));
    },
    now,
    nextTurn: laterTurns(new Channel()),
    onStrayError: (report) => listenForStrays(report),
    endBy(error) {
      ending = true;
      later(() => {
        throw error;
      }, 0);
    },
  };
}

/** Whether the next error that nothing catches is to end this Worker: the frame above it sees to that. */
let ending = false;

/** What nothing caught is told, and ends neither this Worker nor the patience of the frame above it. */
function listenForStrays(report: (error: unknown) => void): void {
  listen('error', (event) => {
    if (ending) return;
    apply(preventDefault, event, []);
    const { error, message } = event as Omit<ErrorEvent, 'error'> & { error: unknown };
    if (parsing === undefined) report(error ?? new Error(message));
    else parsing(event as ErrorEvent);
  });
  listen('unhandledrejection', (event) => {
    apply(preventDefault, event, []);
    report((event as PromiseRejectionEvent).reason);
  });
}

/** Each job needs one of them: the others cost it no time. */
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
  const readSnapshot = snapshot === undefined ? undefined : () => bytesOf(snapshot);
  return pyodideRuntime({ ...pyodidePlace(assets, fail), readSnapshot });
}

function pyodidePlace(assets: WorktimeFiles, fail: Fail): PyodidePlace {
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
  // Whoever waits for it hears of it, where something else does not fail before.
  compiled?.catch(() => undefined);
  return {
    readAsset: (file) => bytesOf(asset(file)),
    importAsset: async (file) => importText(await eager(asset(file))),
    ...(compiled === undefined ? {} : { compiled }),
    scope: globalThis,
    fail,
  };
}

const compilePlace: CompilePlace = {
  evaluate: (script) => evaluate(script) as unknown,
  importModule: (source) => importText(source),
  locateSyntaxError,
};

/** Where it came as a blob, it is read here, by what was there before job code. */
async function bytesOf(file: Uint8Array | Blob): Promise<Uint8Array> {
  return file instanceof Uint8Array ? file : new Uint8Array((await apply(readBlob, file, [])) as ArrayBuffer);
}

/** How `pyodide.asm.mjs` ends: all before it is one function, which is called once. */
const EXPORT = 'export default _createPyodideModule;\n';

/** A function in brackets is parsed once; else first for its syntax, and again when it is called: 1.2 MB of it. */
async function eager(file: Uint8Array | Blob): Promise<Uint8Array | Blob> {
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

/** Takes the next error event, while a script is looked through for its syntax error. */
let parsing: ((event: ErrorEvent) => void) | undefined;

/**
 * A browser tells the place of a syntax error only to `onerror`, so the script is run again as a timer's; the throw
 * before it keeps what does parse from running.
 */
function locateSyntaxError(script: string): Promise<string | undefined> {
  const before = 'throw 0;';
  return new Promise((resolve) => {
    parsing = ({ error, lineno, colno }: Omit<ErrorEvent, 'error'> & { error: unknown }) => {
      parsing = undefined;
      if (error === 0 || !(lineno > 0)) return resolve(undefined);
      // One more unit on the first line is the bracket that `compileFunction` puts before the source.
      const column = lineno === 1 ? colno - before.length - 1 : colno;
      resolve(`${SOURCE_NAME}:${lineno}${column > 0 ? `:${column}` : ''}`);
    };
    later(before + script, 0);
  });
}
