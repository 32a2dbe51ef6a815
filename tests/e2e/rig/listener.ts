/**
 * A stranger's server: it counts whatever reaches it, as TCP connections or UDP packets.
 * @module
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listener {
  /** Of TCP; UDP has the same number. */
  port: number;
  /** What was seen: `connection`, `udp`, or a request line. */
  seen: string[];
  close(): Promise<void>;
}

export async function startListener(): Promise<Listener> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push([request.method, request.url].join(' '));
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' });
    response.end('self.reached = true;');
  });
  server.on('connection', () => seen.push('connection'));
  server.on('upgrade', (request, socket) => {
    seen.push(['upgrade', request.url].join(' '));
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const udp = createSocket('udp4');
  udp.on('message', () => seen.push('udp'));
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  return {
    port,
    seen,
    close: async () => {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
