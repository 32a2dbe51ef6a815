/**
 * Limits and time-outs on real sockets, with short times.
 * @module
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.js';
import { SeededRandom } from '../../testing/seeded-random.js';
import type { Acceptor } from '../../transport/accept-node.js';
import { acceptNode, connectNode } from '../../transport/ws-node.js';
import { limitSockets, timeoutOptions, type RequestTimeouts } from './socket-limits.js';
import { ConnectionLimiter } from './connection-limiter.js';
import { makeSelfSigned, type PemPair } from '../tls/self-signed.js';

/** Short time-outs for requests. */
const QUICK = { headersMs: 150, requestMs: 400, checkIntervalMs: 20, idleMs: 60_000, keepAliveMs: 60_000 };
/** Time-outs that never pass in a test. */
const SLOW = {
  headersMs: 60_000,
  requestMs: 60_000,
  checkIntervalMs: 20,
  idleMs: 60_000,
  keepAliveMs: 60_000,
};
/** More bytes than the buffers of two sockets hold. */
const LARGE = Buffer.alloc(32 * 1024 * 1024);

let server: Server | TlsServer;
let acceptor: Acceptor;
let port: number;
let logged: { event: string; fields?: object }[];
const dripping = new Set<NodeJS.Timeout>();

interface Terms {
  limits?: RequestTimeouts;
  tls?: PemPair;
  /** Of WebSockets alone. */
  limiter?: ConnectionLimiter;
}

const answer: RequestListener = (request, response) =>
  void response.end(request.url === '/large' ? LARGE : 'here');

async function listen(max: number, { limits, tls, limiter }: Terms = {}): Promise<void> {
  logged = [];
  const options = timeoutOptions(limits);
  server =
    tls === undefined ? createServer(options, answer) : createTlsServer({ ...options, ...tls }, answer);
  limitSockets(server, max, {
    clock: systemClock,
    log: (_level, event, fields) => void logged.push({ event, ...(fields && { fields }) }),
    ...(limits && { limits }),
  });
  acceptor = acceptNode(
    server,
    '/socket',
    (connection) => {
      connection.handle({ message: (bytes) => connection.send(bytes), close: () => undefined });
    },
    limiter && { limiter: limiter },
  );
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
  // A socket that is not read never emits its end.
  return socket.resume();
}

/** Sends `head`, then single bytes repeatedly; resolves with everything received until the server closes the socket. */
async function drip(head: string): Promise<string> {
  const socket = await open();
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.write(head);
  const timer = setInterval(() => void socket.write('x'), 10);
  dripping.add(timer);
  await once(socket, 'close');
  return received;
}

it('the web server closes sockets whose request headers or bodies never end, but not upgraded ones', async () => {
  await listen(100, { limits: QUICK });
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
    // The response says that the connection closes, and the socket must still end.
    drip('PUT /blobs/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n'),
  ]);
  expect(headers).toMatch(/^HTTP\/1\.1 408 /);
  expect(body).toMatch(/^HTTP\/1\.1 200 /);
  const received = new Promise<void>((resolve) => (echo = resolve));
  connection.send(new Uint8Array([7]));
  await received;
  expect(echoed).toEqual([7]);
  connection.close();
});

it('the web server ends incomplete headers long before an incomplete body', async () => {
  await listen(100, { limits: { ...SLOW, headersMs: 150 } });
  expect(await drip('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1\.1 408 /);
});

it('the web server closes a socket whose client does not read its response', async () => {
  await listen(100, { limits: { ...SLOW, idleMs: 200 } });
  const gone = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
  await gone;
  socket.destroy();
});

it('the web server closes an idle socket without a further request', async () => {
  await listen(100, { limits: { ...SLOW, keepAliveMs: 100 } });
  const socket = await open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'close');
}, 4_000);

/** The response to a GET; empty when the socket is refused. */
function ask(wrap: (socket: Socket) => Socket): Promise<string> {
  const raw = connect(port, '127.0.0.1');
  const socket = wrap(raw);
  raw.on('error', () => undefined);
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  return new Promise((resolve) => socket.on('close', () => resolve(received)));
}

describe.each([
  ['http', undefined, (socket: Socket) => socket],
  [
    'https',
    makeSelfSigned(['localhost'], systemClock.wallMs(), new SeededRandom(1)),
    (socket: Socket) => connectTls({ socket, rejectUnauthorized: false }),
  ],
] as const)('%s', (_scheme, tls, wrap) => {
  const isAnswered = async (): Promise<boolean> => /^HTTP\/1\.1 200 /.test(await ask(wrap));

  it("refuses sockets beyond a network's share, logs it once, and accepts one again after another closed", async () => {
    await listen(4, tls && { tls });
    const first = await Promise.all([open(), open(), open()]);
    expect(await isAnswered()).toBe(false);
    expect(await isAnswered()).toBe(false);
    expect(logged).toMatchObject([{ event: 'sockets refused', fields: { last: '127.0.0.1', open: 3 } }]);
    for (const socket of first) socket.destroy();
    while (!(await isAnswered()));
  });

  it('frees capacity when a response was read', async () => {
    await listen(4, tls && { tls });
    for (let i = 0; i < 10; i++) while (!(await isAnswered()));
    const closed = await Promise.all([open(), open(), open()]);
    expect(await isAnswered()).toBe(false);
    for (const socket of closed) socket.destroy();
  });
});

it('the web server closes a socket that never starts a TLS handshake', async () => {
  const tls = makeSelfSigned(['localhost'], systemClock.wallMs(), new SeededRandom(1));
  await listen(100, { limits: QUICK, tls });
  await once(await open(), 'close');
});

it('the web server keeps WebSocket capacity for later clients, and frees it when one closes', async () => {
  const limiter = new ConnectionLimiter(16);
  await listen(100, { limiter });
  const url = `ws://127.0.0.1:${port}/socket`;
  const all = [];
  for (let i = 0; i < 12; i++) all.push(await connectNode(url));
  await expect(connectNode(url)).rejects.toThrow(/503/);
  expect(limiter.acquire('10.0.0.1')).toBe(true);
  limiter.release('10.0.0.1');
  all[0]!.handle({ message: () => undefined, close: () => undefined });
  all[0]!.close();
  await expect.poll(() => limiter.total).toBe(11);
  // A refused handshake also frees its capacity.
  expect(await refusedHandshake()).toMatch(/^HTTP\/1\.1 400 /);
  await expect.poll(() => limiter.total).toBe(11);
  (await connectNode(url)).close();
});

/** The response to a WebSocket handshake without a key. */
async function refusedHandshake(): Promise<string> {
  const socket = await open();
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.write('GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(socket, 'close');
  return received;
}
