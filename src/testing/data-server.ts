/**
 * A real HTTP server for remote inputs: the test defines the response of each path, and the server records the requests.
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface DataServer {
  readonly origin: string;
  /** Requests received, in order. */
  readonly requests: { path: string; headers: IncomingMessage['headers'] }[];
  /** Number of requests whose response is not finished. */
  readonly openRequests: number;
  close(): Promise<void>;
}

/** A handler that responds with that body and content type, readable by pages of any origin. */
export function respondWith(type: string, body: string | Uint8Array): RequestHandler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body);
  };
}

/** Listens on a free loopback port; a path without a handler gets 404. */
export async function serveData(paths: Record<string, RequestHandler>): Promise<DataServer> {
  const asked: DataServer['requests'] = [];
  let open = 0;
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers });
    open++;
    response.once('close', () => open--);
    const answer = paths[(request.url ?? '').split('?')[0]!];
    if (answer === undefined) response.writeHead(404, { 'access-control-allow-origin': '*' }).end();
    else answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: asked,
    get openRequests() {
      return open;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
