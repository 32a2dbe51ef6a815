/**
 * What is peculiar to WebSockets in Node: what a server refuses, how it loses silent peers, what a client is told.
 * @module
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { deferred } from '../lib/deferred.js';
import { IDLE_MS_MAX, MESSAGE_BYTES_MAX } from '../lib/socket-limits.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import type { CloseInfo, Connection } from './transport.js';
import { acceptNode, connectNode } from './ws-node.js';
import type { Acceptor } from './accept-node.js';

let server: Server;
let acceptor: Acceptor;
let clock: VirtualClock;
let url: string;
let accepted: { connection: Connection; messages: Uint8Array[]; closed: Promise<CloseInfo> }[];

beforeEach(async () => {
  clock = new VirtualClock();
  accepted = [];
  server = createServer();
  acceptor = acceptNode(
    server,
    '/socket',
    (connection) => {
      const closed = deferred<CloseInfo>();
      const messages: Uint8Array[] = [];
      connection.handle({ message: (bytes) => messages.push(bytes), close: closed.resolve });
      accepted.push({ connection, messages, closed: closed.promise });
    },
    { clock, connectionsMax: 2 },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/socket`;
});

afterEach(async () => {
  await acceptor.close();
  server.close();
});

async function rawClient(options: { autoPong?: boolean } = {}): Promise<WebSocket> {
  const client = new WebSocket(url, options);
  await new Promise((resolve) => client.once('open', resolve));
  await expect.poll(() => accepted.length).toBeGreaterThan(0);
  return client;
}

const codeOf = (client: WebSocket): Promise<number> =>
  new Promise((resolve) => client.once('close', (code) => resolve(code)));

describe('the server', () => {
  it('closes on text, with the code that says so', async () => {
    const client = await rawClient();
    const code = codeOf(client);
    client.send('hello');
    client.send(Buffer.from('hello'));
    expect(await code).toBe(1003);
    await accepted[0]!.closed;
    expect(accepted[0]!.messages).toEqual([]);
  });

  it('closes on a message past the limit, unread', async () => {
    const client = await rawClient();
    const code = codeOf(client);
    client.send(Buffer.alloc(MESSAGE_BYTES_MAX));
    client.send(Buffer.alloc(MESSAGE_BYTES_MAX + 1));
    expect(await code).toBe(1009);
    await accepted[0]!.closed;
    expect(accepted[0]!.messages.map((bytes) => bytes.length)).toEqual([MESSAGE_BYTES_MAX]);
  });

  it('takes no compression, whatever the client offers', async () => {
    const client = await rawClient();
    expect(client.extensions).toBe('');
    client.terminate();
  });

  it('ends a peer that answers no ping, and keeps one that does', async () => {
    const silent = await rawClient({ autoPong: false });
    const alive = await rawClient();
    const silentCode = codeOf(silent);
    await expect.poll(() => accepted.length).toBe(2);
    for (let passedMs = 0; passedMs < 2 * IDLE_MS_MAX; passedMs += IDLE_MS_MAX / 3) {
      const pinged = new Promise((resolve) => alive.once('ping', resolve));
      await clock.advance(IDLE_MS_MAX / 3);
      await pinged;
      // The pong of the living is on its way; the answer to a ping behind it shows when it has come.
      const answered = new Promise((resolve) => alive.once('pong', resolve));
      alive.ping();
      await answered;
    }
    expect(await silentCode).toBe(1006);
    expect((await accepted[0]!.closed).code).toBe(1006);
    expect(alive.readyState).toBe(WebSocket.OPEN);
    alive.terminate();
  });

  it('does not end a peer for silence that it does not listen to', async () => {
    const client = await rawClient({ autoPong: false });
    accepted[0]!.connection.pause();
    await clock.advance(3 * IDLE_MS_MAX);
    expect(client.readyState).toBe(WebSocket.OPEN);
    const code = codeOf(client);
    accepted[0]!.connection.resume();
    await clock.advance(2 * IDLE_MS_MAX);
    expect(await code).toBe(1006);
  });

  it('refuses more connections than it was told, until one is gone', async () => {
    const clients = [await rawClient(), await rawClient()];
    await expect.poll(() => accepted.length).toBe(2);
    await expect(connectNode(url)).rejects.toThrow(/503/);
    clients[0]!.close();
    await accepted[0]!.closed;
    (await connectNode(url)).close();
    clients[1]!.terminate();
  });

  it('knows its own path only', async () => {
    await expect(connectNode(url.replace('/socket', '/other'))).rejects.toThrow(/404/);
    (await connectNode(`${url}?a=b`)).close();
  });

  it('closes all there are when it closes, paused or not, and takes no more', async () => {
    const clients = [await rawClient(), await rawClient()];
    await expect.poll(() => accepted.length).toBe(2);
    accepted[0]!.connection.pause();
    const codes = Promise.all(clients.map(codeOf));
    await acceptor.close();
    expect(await codes).toEqual([1001, 1001]);
    await Promise.all(accepted.map(({ closed }) => closed));
  }, 3_000);
});

describe('the client', () => {
  const whyOf = (target: string, signal?: AbortSignal): Promise<Error & { cause?: unknown }> =>
    connectNode(target, signal === undefined ? {} : { signal }).then(
      () => expect.unreachable(),
      (error: unknown) => error as Error,
    );

  it('says that nothing listens', async () => {
    const port = (server.address() as AddressInfo).port;
    await acceptor.close();
    await new Promise((resolve) => server.close(resolve));
    const error = await whyOf(`ws://127.0.0.1:${port}/socket`);
    expect(error.message).toMatch(
      /nothing listens there\. Is a scheduler running there\? .*npx manyhands scheduler/,
    );
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('says that the address is none', async () => {
    expect((await whyOf('nowhere')).message).toContain('not the URL of a WebSocket');
  });

  it('says what a server answered that is no scheduler', async () => {
    const plain = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const error = await whyOf(`ws://127.0.0.1:${(plain.address() as AddressInfo).port}/socket`);
    expect(error).toMatchObject({ code: 'CONNECT_FAILED' });
    plain.close();
  });

  it('gives up in the middle of the handshake', async () => {
    const mute = createTcpServer();
    const arrived = new Promise<{ destroy(): void }>((resolve) => mute.once('connection', resolve));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const giveUp = new AbortController();
    const error = whyOf(`ws://127.0.0.1:${(mute.address() as AddressInfo).port}/socket`, giveUp.signal);
    const socket = await arrived;
    giveUp.abort(new Error('enough'));
    expect(await error).toMatchObject({ code: 'CONNECT_FAILED', cause: { message: 'enough' } });
    socket.destroy();
    mute.close();
  });

  it('sends large messages without masking them where nobody stands between', async () => {
    const message = Buffer.alloc(100_000, 'manyhands');
    const seen = await bytesSent(message);
    expect(seen.includes(message.subarray(0, 1_000))).toBe(true);
  });

  /** What crosses the network when `message` is sent to this server. */
  async function bytesSent(message: Buffer): Promise<Buffer> {
    const chunks: Buffer[] = [];
    server.prependListener('upgrade', (_, socket) =>
      socket.on('data', (chunk: Buffer) => chunks.push(chunk)),
    );
    const connection = await connectNode(url);
    connection.send(message);
    await expect.poll(() => accepted[0]?.messages.length).toBe(1);
    connection.close();
    return Buffer.concat(chunks);
  }
});
