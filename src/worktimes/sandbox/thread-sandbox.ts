/**
 * The entry of a sandbox in a Node thread (worker_threads). A thread is no protection against hostile code: hosts run
 * jobs of trusted owners only in it. The globals are locked down all the same, so that a job behaves alike everywhere.
 * @module
 */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { SupervisorToSandbox } from '../../protocol/messages/sandbox-messages.js';
import { packageFiles } from './files/package-files.js';
import { waitOnSignal } from './quiesce.js';
import { runSandbox } from './sandbox-entry.js';
import type { SandboxEnv, SandboxPort } from './sandbox-env.js';

if (parentPort === null) throw new Error('thread-sandbox.js is started as a worker thread only');

const { process, setImmediate } = globalThis;
const now = performance.now.bind(performance);
const postMessage = parentPort.postMessage.bind(parentPort);
const listen = parentPort.on.bind(parentPort);

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
  compile: {
    // Unlike in `eval`, `import()` fails in a separate script, in its functions and in what they evaluate.
    evaluate: (script) => new Script(script).runInThisContext() as unknown,
    importModule: async (source) =>
      (await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`)) as Record<
        string,
        unknown
      >,
    locateSyntaxError,
  },
  openFiles: packageFiles,
  v8: { majorVersion: Number.parseInt(process.versions.v8, 10), setFlags: setFlagsFromString },
  now,
  nextTurn: (then) => void setImmediate(then),
  sleep: waitOnSignal((workerData as { waitSignal: Int32Array }).waitSignal),
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

/** V8 gives the position of a syntax error only in the stack of a script that was compiled with a file name. */
async function locateSyntaxError(script: string): Promise<string | undefined> {
  try {
    new Script(script, { filename: 'work-function.js', columnOffset: -1 });
    return undefined;
  } catch (error) {
    return /^work-function\.js:\d+/.exec((error as Error).stack ?? '')?.[0];
  }
}
