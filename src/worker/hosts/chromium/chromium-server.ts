/**
 * Local server for the headless browser: serves the bridge page, the frame with its headers, and their scripts on the
 * loopback address, under a path with a secret token.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManyhandsError } from '../../../lib/errors.js';
import { acceptNode } from '../../../transport/ws-node.js';
import type { Connection } from '../../../transport/transport.js';

export interface BridgeServerOptions {
  /** URLs of dist/web/ and dist/sandbox/. */
  web: URL;
  scripts: URL;
  /** Secret part of the path. */
  token: string;
}

export interface BridgeServer {
  /** URL of the page. */
  url: string;
  port: number;
  /** The first WebSocket connection of the page. */
  connection: Promise<Connection>;
  close(): Promise<void>;
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>manyhands</title><script type="module" src="bridge.js"></script>';
const FRAME = '/sandbox/frame.html';

/** @throws ISOLATION_UNAVAILABLE where the build is incomplete */
export async function openBridgeServer({ web, scripts, token }: BridgeServerOptions): Promise<BridgeServer> {
  const files = await readFiles(web, scripts, token);
  const server = createServer((request, response) => {
    const found = files.get((request.url ?? '').split('?', 1)[0]!);
    if (found === undefined || request.method !== 'GET') return void response.writeHead(404).end();
    answer(response, found);
  });
  let connected!: (connection: Connection) => void;
  const connection = new Promise<Connection>((resolve) => (connected = resolve));
  const acceptor = acceptNode(server, `/${token}/socket`, connected, { connectionsMax: 1 });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    port,
    connection,
    async close() {
      await acceptor.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

interface Answer {
  type: string;
  body: Uint8Array;
  headers: Record<string, string>;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const HTML = 'text/html; charset=utf-8';
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function readFiles(web: URL, scripts: URL, token: string): Promise<Map<string, Answer>> {
  try {
    const [frame, rules, bridge, sandbox] = await Promise.all([
      readFile(new URL(`.${FRAME}`, web)),
      readFile(new URL('headers.json', web), 'utf8'),
      readFile(new URL('chromium-bridge.js', scripts)),
      readFile(new URL('browser-sandbox.js', scripts)),
    ]);
    return new Map<string, Answer>([
      [
        `/${token}/`,
        {
          type: HTML,
          body: new TextEncoder().encode(PAGE),
          headers: { 'Content-Security-Policy': PAGE_POLICY },
        },
      ],
      [`/${token}/bridge.js`, { type: SCRIPT, body: bridge, headers: {} }],
      ['/browser-sandbox.js', { type: SCRIPT, body: sandbox, headers: {} }],
      [FRAME, { type: HTML, body: frame, headers: headersOfFrame(rules) }],
    ]);
  } catch (cause) {
    const text = 'Files for the headless browser are missing. Is the build complete?';
    throw new ManyhandsError('ISOLATION_UNAVAILABLE', text, { isolation: 'chromium' }, { cause });
  }
}

/** The headers with which a scheduler serves the frame: without them the frame finds itself not isolated. */
function headersOfFrame(text: string): Record<string, string> {
  const { rules } = JSON.parse(text) as { rules: { path: string; headers: Record<string, string> }[] };
  return Object.assign(
    {},
    ...rules.filter(({ path }) => path === FRAME).map(({ headers }) => headers),
  ) as Record<string, string>;
}

function answer(response: ServerResponse, { type, body, headers }: Answer): void {
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': body.byteLength,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
