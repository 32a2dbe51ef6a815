/**
 * Where attacks are seen to work: the same channels with nothing that keeps them in. An attack that fails here is dead,
 * and shows nothing when it fails in the sandbox.
 * @module
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Channel, Targets } from '../channels/channel.js';
import type { TestBrowser } from './test-browser.js';
import { JS_ATTEMPT, PYTHON_ATTEMPT, type Outcome } from './escape-rig.js';

interface Attempted {
  readonly id: string;
  readonly attack: string;
  readonly targets: Targets;
}

export interface Controls {
  attempt(channel: Channel, targets: Targets): Promise<Outcome>;
  close(): Promise<void>;
}

/** A Worker without any defence, in an ordinary page. */
const PLAIN_WORKER = `onmessage = async ({ data }) => postMessage(await (${JS_ATTEMPT})(data));`;

/** A harness without care: it uses what job code can change, and keeps its port where job code finds it. */
const CARELESS_WORKER = `
onmessage = (first) => {
  const port = first.ports[0];
  if (port === undefined) return;
  port.onmessage = function portListener(event) {
    const data = event.data;
    const kept = [];
    kept.push(port);
    const send = (${JS_ATTEMPT});
    const work = Reflect.apply(send, port, [data]);
    (function () { return this; }).call(port);
    (function () { return this; }).apply(port);
    const holder = {};
    holder.onmessage = () => port;
    port.postMessage.bind(port);
    work.then((outcome) => port.postMessage(outcome));
  };
};`;

const PYODIDE_WORKER = `
let python;
onmessage = async ({ data: { base, script, channel } }) => {
  try {
    const { loadPyodide } = await import(base + 'pyodide.mjs');
    python ??= await loadPyodide({ indexURL: base });
    python.runPython(script);
    const attempt = python.globals.get('attempt');
    const made = await attempt(python.toPy(channel));
    postMessage(made.toJs({ dict_converter: Object.fromEntries }));
  } catch (error) {
    postMessage({ id: channel.id, through: false, why: String(error) });
  }
};`;

/** `pyodide`: where Pyodide's files are served. */
export async function openControls(browser: TestBrowser, pyodide: string): Promise<Controls> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>No defence</title><body>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const inWorker = async (script: string, ports: string, messages: object[]): Promise<Outcome[]> => {
    await browser.open(url);
    return browser.evaluate(`(async () => {
      const worker = new Worker(URL.createObjectURL(new Blob([${JSON.stringify(script)}], { type: 'text/javascript' })), ${ports});
      ${LISTENING.replace('CARELESS', String(script === CARELESS_WORKER))}
      const outcomes = [];
      for (const message of ${JSON.stringify(messages)}) outcomes.push(await ask(message));
      worker.terminate();
      return outcomes;
    })()`);
  };
  return {
    async attempt(channel, targets) {
      const { id, attack } = channel;
      const one: Attempted = { id, attack, targets };
      switch (channel.control) {
        case 'worker':
          return (await inWorker(PLAIN_WORKER, '{}', [one]))[0]!;
        case 'careless': {
          const turns = [1, 2, 3].map((turn) => ({ ...one, targets: { ...targets, turn } }));
          const outcomes = await inWorker(CARELESS_WORKER, '{ name: "careless" }', turns);
          return outcomes.find(({ through }) => through) ?? outcomes[0]!;
        }
        case 'pyodide': {
          const message = { base: pyodide, script: PYTHON_ATTEMPT, channel: one };
          return (await inWorker(PYODIDE_WORKER, '{ type: "module" }', [message]))[0]!;
        }
        case 'document':
          await browser.open(url);
          return browser.evaluate(`(${JS_ATTEMPT})(${JSON.stringify(one)})`);
        case 'node':
          return inProcess(process.execPath, ['--input-type=module', '-'], nodeScript(one));
        case 'cpython':
          return inProcess('python3', ['-'], pythonScript(one));
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The page's end: a careless Worker is spoken to by a port, and by its own messages as well. */
const LISTENING = `
  let heard;
  const careless = worker.postMessage !== undefined && CARELESS;
  const { port1, port2 } = new MessageChannel();
  worker.onmessage = port1.onmessage = ({ data }) => data?.id && heard(data);
  const failed = new Promise((_, no) => { worker.onerror = (event) => no(new Error(event.message)); });
  if (careless) worker.postMessage({ type: 'port' }, [port2]);
  const ask = (message) => {
    const answer = new Promise((yes) => { heard = yes; });
    if (careless) { worker.postMessage({ type: 'word' }); port1.postMessage(message); } else worker.postMessage(message);
    return Promise.race([answer, failed]);
  };`;

function nodeScript(one: Attempted): string {
  return `const outcome = await (${JS_ATTEMPT})(${JSON.stringify(one)});
    console.log(JSON.stringify(outcome));
    process.exit(0);`;
}

function pythonScript(one: Attempted): string {
  return `${PYTHON_ATTEMPT}
import json, os
print(json.dumps(asyncio.run(attempt(json.loads(${JSON.stringify(JSON.stringify(one))})))), flush=True)
os._exit(0)
`;
}

function inProcess(command: string, args: string[], script: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ESCAPE_SECRET: 'secret' } });
    let printed = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.once('error', reject);
    child.once('close', () => {
      const line = printed.trim().split('\n').pop() ?? '';
      if (line.startsWith('{')) resolve(JSON.parse(line) as Outcome);
      else reject(new Error(`${command} said nothing: ${complaints}`));
    });
    child.stdin.end(script);
  });
}
