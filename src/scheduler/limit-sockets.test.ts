/**
 * Bounds on real sockets, with small times.
 * @module
 */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.js';
import { acceptNode, connectNode, type Acceptor } from '../transport/ws-node.js';
import { limitSockets, slowOptions, type SlowLimits } from './limit-sockets.js';

const QUICK = { headersMs: 150, requestMs: 400, lookEveryMs: 20 };

let server: Server;
let acceptor: Acceptor;
let port: number;
let said: { event: string; fields?: object }[];
const dripping = new Set<NodeJS.Timeout>();

async function listen(max: number, limits?: SlowLimits): Promise<void> {
  said = [];
  server = createServer(slowOptions(limits), (_request, response) => response.end('here'));
  limitSockets(server, max, {
    clock: systemClock,
    log: (_level, event, fields) => void said.push({ event, ...(fields && { fields }) }),
  });
  acceptor = acceptNode(server, '/socket', (connection) => {
    connection.handle({ message: (bytes) => connection.send(bytes), close: () => undefined });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
}

afterEach(async () => {
  for (const timer of dripping) clearInterval(timer);
  dripping.clear();
  await acceptor.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A socket that is open, or was refused. */
async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  // What nobody reads has no end.
  return socket.resume();
}

/** Sends `head`, and then a byte again and again; resolves with all that came until the other side ended it. */
async function drip(head: string): Promise<string> {
  const socket = await open();
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
  socket.write(head);
  const timer = setInterval(() => void socket.write('x'), 10);
  dripping.add(timer);
  await once(socket, 'close');
  return heard;
}

it('ends requests whose headers or bodies never end, and leaves sockets that were upgraded alone', async () => {
  await listen(100, QUICK);
  const connection = await connectNode(`ws://127.0.0.1:${port}/socket`);
  const echoed: number[] = [];
  let echo = (): void => undefined;
  connection.handle({
    message: ([byte]) => {
      echoed.push(byte!);
      echo();
    },
    close: () => void echoed.push(-1),
  });
  const [headers, body] = await Promise.all([
    drip('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    // What is answered is told so, and still has to end.
    drip('PUT /blobs/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n'),
  ]);
  expect(headers).toMatch(/^HTTP\/1\.1 408 /);
  expect(body).toMatch(/^HTTP\/1\.1 200 /);
  const heard = new Promise<void>((resolve) => (echo = resolve));
  connection.send(new Uint8Array([7]));
  await heard;
  expect(echoed).toEqual([7]);
  connection.close();
});

/** Whether a new socket is answered. */
const isAnswered = (): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ port, host: '127.0.0.1', agent: false }, (answer) => {
      answer.resume();
      resolve(true);
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });

it('refuses what is too much of one network, says so once, and takes it again when others are gone', async () => {
  await listen(4);
  const first = await Promise.all([open(), open(), open()]);
  expect(await isAnswered()).toBe(false);
  expect(await isAnswered()).toBe(false);
  expect(said).toMatchObject([{ event: 'sockets refused', fields: { last: '127.0.0.1', open: 3 } }]);
  for (const socket of first) socket.destroy();
  while (!(await isAnswered()));
});
