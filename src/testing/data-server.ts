/**
 * A real HTTP server for inputs by address: what each path answers is the test's, and it says what was asked.
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface DataServer {
  readonly origin: string;
  /** What was asked, in order. */
  readonly asked: { path: string; headers: IncomingMessage['headers'] }[];
  /** Requests that are being answered now. */
  readonly open: number;
  close(): Promise<void>;
}

/** Answers with that body and type, for pages of any origin. */
export function gives(type: string, body: string | Uint8Array): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body);
  };
}

/** Serves on a port of this machine that is free; a path that is not there is 404. */
export async function serveData(paths: Record<string, Answer>): Promise<DataServer> {
  const asked: DataServer['asked'] = [];
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
    asked,
    get open() {
      return open;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
