/**
 * Script of the sandbox frame. On request of the embedding page it starts one classic Worker for each sandbox. Job code
 * never runs in this document, since a document has more ways to send data out than a Worker.
 * @module
 */
import { expose } from 'comlink';
import {
  CONNECT_MESSAGE,
  type FrameControl,
  type FrameNotice,
  type FrameReport,
  type WorkerPortMessage,
} from './frame-control.js';
import { FrameModules } from './modules.js';
import { mayNotConnect } from './policy.js';

interface FrameWorker {
  worker: Worker;
  modules: MessagePort;
}

const workers = new Map<number, FrameWorker>();
const modules = new FrameModules();
let scriptUrl: string | undefined;

function control(notices: MessagePort): FrameControl {
  const exit = (id: number, reason: string): void => {
    if (!end(id)) return;
    const notice: FrameNotice = { type: 'exit', id, reason };
    notices.postMessage(notice);
  };
  return {
    async prepare(script) {
      scriptUrl ??= URL.createObjectURL(new Blob([script as BlobPart], { type: 'text/javascript' }));
      return report();
    },
    startSandbox(id, port) {
      if (scriptUrl === undefined || workers.has(id)) throw new Error('Not prepared, or this id is taken.');
      const worker = new Worker(scriptUrl, { name: `sandbox ${id}` });
      const { port1, port2 } = new MessageChannel();
      workers.set(id, { worker, modules: port1 });
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        exit(id, `An uncaught error ended the sandbox: ${event.message || 'no message'}`);
      });
      worker.addEventListener('messageerror', () => exit(id, 'The sandbox was sent what it cannot read.'));
      worker.postMessage({ type: 'port' } satisfies WorkerPortMessage, [port, port2]);
      return Promise.resolve();
    },
    compileModule(key, source) {
      void modules.compile(key, source);
      return Promise.resolve();
    },
    giveModule(id, key, source) {
      const to = workers.get(id)?.modules;
      if (to !== undefined) void modules.send(key, source, to);
      return Promise.resolve();
    },
    killSandbox(id) {
      end(id);
      return Promise.resolve();
    },
    ping: () => Promise.resolve(),
  };
}

/** Terminates a Worker; returns whether there was one. */
function end(id: number): boolean {
  const found = workers.get(id);
  if (found === undefined) return false;
  workers.delete(id);
  found.worker.terminate();
  found.modules.close();
  return true;
}

/** Detects a frame that was served without its policy before any job code runs in it. */
async function report(): Promise<FrameReport> {
  const found: string[] = [];
  if (self.origin !== 'null') found.push('its origin is not opaque');
  if (!(await mayNotConnect())) found.push('its content security policy lets it connect');
  return { isolated: found.length === 0, finding: found.join('; ') };
}

function onConnect(event: MessageEvent): void {
  if (event.source !== window.parent || event.data !== CONNECT_MESSAGE) return;
  const [orders, notices] = event.ports;
  if (orders === undefined || notices === undefined) return;
  window.removeEventListener('message', onConnect);
  expose(control(notices), orders);
}

if (window.parent !== window) window.addEventListener('message', onConnect);
