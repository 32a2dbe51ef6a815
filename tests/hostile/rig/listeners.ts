/**
 * A stranger's servers on this machine: whatever reaches them, by TCP or UDP, is remembered. They answer every attack
 * as it would like, so that one that gets through also knows it.
 * @module
 */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const WEBSOCKET_KEY = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TYPES: Record<string, string> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
};

export interface Listeners {
  readonly port: number;
  readonly udp: number;
  /** What came, in words. */
  readonly seen: string[];
  close(): Promise<void>;
}

export async function startListeners(): Promise<Listeners> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`tcp: ${request.method ?? ''} ${request.url ?? ''}`);
    answer(request, response);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    seen.push('tcp: a connection');
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket) => {
    seen.push(`tcp: upgrade ${request.url ?? ''}`);
    const key = `${request.headers['sec-websocket-key'] ?? ''}${WEBSOCKET_KEY}`;
    const accept = createHash('sha1').update(key).digest('base64');
    const protocol = request.headers['sec-websocket-protocol'];
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ];
    socket.on('error', () => undefined);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', () => seen.push('udp: a packet'));
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  return {
    port,
    udp: udp.address().port,
    seen,
    close: async () => {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        // A server forgets a socket that was upgraded, and waits for it all the same.
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '/';
  const type = path.endsWith('/events')
    ? 'text/event-stream'
    : (TYPES[path.split('.').pop() ?? ''] ?? 'text/plain');
  response.writeHead(200, {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Headers': '*',
    'Access-Control-Allow-Private-Network': 'true',
    'Content-Type': type,
  });
  if (type === 'text/event-stream') return void response.write(': hello\n\n');
  response.end(type === 'application/json' ? '{}' : type === 'text/javascript' ? 'self.reached = true;' : '');
}
