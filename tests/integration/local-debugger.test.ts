/**
 * A debugger of Node stops in the work functions of local mode, for as long as it likes.
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import { expect, it } from 'vitest';

const PROGRAM = `
  import { computeFor, init } from 'manyhands';
  init({ local: { cores: 1 } });
  const job = computeFor([1], (x) => { const y = x + 1; debugger; return y; });
  job.limits.noProgressMs = 200;
  console.log([...(await job.exec())].join());
`;
/** Longer than the limit of the job, and than the interval at which a worker looks at limits. */
const PAUSE_MS = 1_500;

type Message = { id?: number; method?: string; params?: Record<string, unknown>; result?: unknown };

/** A client of the debugging protocol, for the main thread and, with a session, for a worker thread. */
class Debugger {
  readonly #socket: WebSocket;
  readonly #heard: Message[] = [];
  #wake = (): void => undefined;
  #id = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString()) as Message));
  }

  #hear(message: Message): void {
    if (message.method === 'NodeWorker.receivedMessageFromWorker')
      this.#hear(JSON.parse(message.params!['message'] as string) as Message);
    else this.#heard.push(message);
    this.#wake();
  }

  async until(match: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.#heard.find(match);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async call(method: string, params: object = {}, sessionId?: string): Promise<Message> {
    const id = ++this.#id;
    const message = JSON.stringify({ id, method, params });
    if (sessionId === undefined) this.#socket.send(message);
    else
      this.#socket.send(
        JSON.stringify({
          id: ++this.#id,
          method: 'NodeWorker.sendMessageToWorker',
          params: { sessionId, message },
        }),
      );
    return this.until((one) => one.id === id);
  }
}

it('a debugger stops at a breakpoint of a work function, reads its variables, and no time limit ends the slice meanwhile', async () => {
  const node = spawn(process.execPath, ['--inspect-brk=127.0.0.1:0', '--input-type=module', '-e', PROGRAM]);
  try {
    const lines = createInterface({ input: node.stderr });
    let url: string | undefined;
    for await (const line of lines) {
      url = /ws:\/\/\S+/.exec(line)?.[0];
      if (url !== undefined) break;
    }
    const socket = new WebSocket(url!);
    await once(socket, 'open');
    const remote = new Debugger(socket);
    await remote.call('NodeWorker.enable', { waitForDebuggerOnStart: true });
    await remote.call('Runtime.runIfWaitingForDebugger');
    const attached = await remote.until(({ method }) => method === 'NodeWorker.attachedToWorker');
    const thread = attached.params!['sessionId'] as string;
    await remote.call('Debugger.enable', {}, thread);
    await remote.call('Runtime.runIfWaitingForDebugger', {}, thread);
    // With --inspect-brk a thread stops at its start too.
    await remote.until(({ method, params }) => method === 'Debugger.paused' && params!['reason'] !== 'other');
    await remote.call('Debugger.resume', {}, thread);
    const paused = await remote.until(
      ({ method, params }) => method === 'Debugger.paused' && params!['reason'] === 'other',
    );
    const [frame] = paused.params!['callFrames'] as { callFrameId: string }[];
    const expression = `{ const endMs = Date.now() + ${PAUSE_MS}; while (Date.now() < endMs); y * 21 }`;
    const value = await remote.call(
      'Debugger.evaluateOnCallFrame',
      { callFrameId: frame!.callFrameId, expression },
      thread,
    );
    expect(value.result).toMatchObject({ result: { value: 42 } });
    let output = '';
    node.stdout.on('data', (data: Buffer) => (output += data.toString()));
    await remote.call('Debugger.resume', {}, thread);
    // The process waits for its debugger to go.
    const ended = once(node, 'exit');
    await remote.until(
      ({ method }) =>
        method === 'NodeRuntime.waitingForDisconnect' ||
        method === 'Runtime.executionContextDestroyed' ||
        method === 'NodeWorker.detachedFromWorker',
    );
    socket.close();
    await ended;
    expect(output.trim()).toBe('2');
  } finally {
    node.kill('SIGKILL');
  }
});
