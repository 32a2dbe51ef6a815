/**
 * The entry of a sandbox in a browser: a classic Worker in a frame of opaque origin. It is bundled into one script.
 * The first message carries the port to the supervisor; job code cannot reach that port.
 * @module
 */
import { NO_TRANSFER } from '../../lib/no-transfer.js';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { macrotaskQueue } from '../realm/macrotask-queue.js';
import { SOURCE_NAME } from '../runtime/compile.js';
import { importText, receivedFiles } from './files/received-files.js';
import { ReceivedModules } from './files/received-modules.js';
import { waitOnSignal, waitWithTimeout } from './quiesce.js';
import { runSandbox } from './sandbox-entry.js';
import type { SandboxEnv, SandboxPort } from './sandbox-env.js';
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
/** In Deno job code gets another class of channels; this native one belongs to this script alone. */
const { HostMessageChannel } = globalThis as { HostMessageChannel?: typeof MessageChannel };
const Channel = HostMessageChannel ?? MessageChannel;
/** Deno reads transfer lists by methods that job code can replace; there this script transfers nothing and copies instead. */
const isCopied = HostMessageChannel !== undefined;
Reflect.deleteProperty(globalThis, 'HostMessageChannel');
const { apply } = Reflect;
/** Captured: a getter that job code put in its place would receive the event, and with it the port. */
const readData = getterOf(MessageEvent.prototype, 'data');
const preventDefault = methodOf(Event.prototype, 'preventDefault');

/** Receives the modules that the frame compiled. */
let modules: ReceivedModules | undefined;

listen('message', begin);

function begin(event: Event): void {
  const [port, modulePort] = (event as MessageEvent).ports;
  if (port === undefined) return;
  if (modulePort !== undefined) modules = new ReceivedModules(modulePort);
  stopListening('message', begin);
  const { waitSignal } = apply(readData, event, []) as { waitSignal?: Int32Array };
  const sleep = waitSignal === undefined ? waitWithTimeout() : waitOnSignal(waitSignal);
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
    compile: {
      evaluate: (script) => evaluate(script) as unknown,
      importModule: importText,
      locateSyntaxError,
    },
    openFiles: (worktime, assets) => receivedFiles(worktime, assets, modules),
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
