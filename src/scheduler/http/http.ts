/**
 * The HTTP handler of a node: blobs, health and the donor's page. Other paths are answered with 404.
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isError, toWireError, type ErrorCode } from '../../lib/errors.js';
import { DIGEST_PATTERN } from '../../lib/crypto/sha256.js';
import { SOFTWARE_VERSION } from '../../lib/version.js';
import { PROTOCOL_VERSION } from '../../protocol/messages/version.js';
import type { BlobStore, BlobTickets } from '../blobs/blob-store.js';
import type { Log } from '../log/log.js';
import type { StaticFiles } from './static-files.js';
import type { WebOrigins } from './web-origins.js';

export interface HttpOptions {
  blobs: BlobStore;
  tickets: BlobTickets;
  /** The donor's page; undefined when it was not built. */
  files: StaticFiles | undefined;
  /** The body of `/healthz`: status 200 when it is `ok`, else 503. */
  health: () => { ok: boolean };
  /** The body of `/readyz`: status 200 when it is `ready`, else 503. */
  readiness: () => { ready: boolean };
  /** The origins of pages that may use it, and the host names by which it may be reached. */
  web: WebOrigins;
  log: Log;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_MISMATCH: 422,
  VALUE_TOO_LARGE: 413,
  LIMIT_EXCEEDED: 507,
  STORE_FULL: 507,
  STORE_FAILED: 503,
  STORE_BUSY: 503,
  FORBIDDEN: 403,
};

/** CORS headers for pages of allowed origins; blobs are readable by anyone who knows their digest. */
const CROSS_ORIGIN = {
  'Access-Control-Allow-Methods': 'GET, HEAD, PUT, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Max-Age': '86400',
};

/** The handler of one node's HTTP requests. */
export function httpHandler(
  options: HttpOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(options, request, response).catch((error: unknown) => {
      if (!isError(error) && !isClientGone(error))
        options.log('warn', 'http', { url: request.url, error: String(error) });
      sendError(response, error);
    });
  };
}

/** Whether the client closed the connection before the whole response was sent. */
function isClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

async function handle(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const method = request.method ?? 'GET';
  const refusedHost = options.web.hostRefusal(request.headers);
  if (refusedHost !== undefined) return sendJson(response, 421, { error: toWireError(refusedHost) });
  if (path === '/healthz') {
    const health = options.health();
    const body = { software: SOFTWARE_VERSION, protocol: PROTOCOL_VERSION, ...health };
    return sendJson(response, health.ok ? 200 : 503, body);
  }
  if (path === '/readyz') {
    const readiness = options.readiness();
    return sendJson(response, readiness.ready ? 200 : 503, readiness);
  }
  if (path.startsWith('/blobs/')) return handleBlob(options, method, path.slice(7), request, response);
  if (method === 'GET' || method === 'HEAD') {
    if (await options.files?.serve(path, method, request, response)) return;
  }
  sendJson(response, 404, { error: { code: 'NOT_FOUND', message: `this server has nothing at ${path}` } });
}

async function handleBlob(
  options: HttpOptions,
  method: string,
  digest: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refused = options.web.originRefusal(request.headers);
  if (refused !== undefined) return sendJson(response, 403, { error: toWireError(refused) });
  const allowed = options.web.allowed(request.headers);
  const headersOfAll = {
    Vary: 'Origin',
    'Cross-Origin-Resource-Policy': allowed === '*' ? 'cross-origin' : 'same-origin',
    ...(allowed !== undefined && { ...CROSS_ORIGIN, 'Access-Control-Allow-Origin': allowed }),
  };
  for (const [name, value] of Object.entries(headersOfAll)) response.setHeader(name, value);
  if (method === 'OPTIONS') return void response.writeHead(204).end();
  if (!DIGEST_PATTERN.test(digest))
    return sendJson(
      response,
      400,
      errorBody('BLOB_UNKNOWN', 'the path must end in a SHA-256 (64 hexadecimal digits)'),
    );
  if (method === 'PUT') return putBlob(options, digest, request, response);
  if (method !== 'GET' && method !== 'HEAD')
    return sendJson(response, 405, errorBody('FORBIDDEN', 'use GET, HEAD or PUT'));
  const bytes = await options.blobs.size(digest);
  if (bytes === undefined)
    return sendJson(response, 404, errorBody('BLOB_UNKNOWN', `blob ${digest} is not stored here`));
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': bytes,
    'Cache-Control': 'public, max-age=31536000, immutable',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': `default-src 'none'; sandbox`,
  };
  if (method === 'HEAD') return void response.writeHead(200, headers).end();
  const blob = await options.blobs.get(digest);
  if (blob === undefined)
    return sendJson(response, 404, errorBody('BLOB_UNKNOWN', `blob ${digest} is not stored here`));
  await pipeline(blob.content, response.writeHead(200, headers));
}

async function putBlob(
  options: HttpOptions,
  digest: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ticket = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  const authorized = ticket === undefined ? undefined : options.tickets.verify(ticket, digest);
  if (authorized === undefined) {
    return sendJson(
      response,
      403,
      errorBody('FORBIDDEN', 'an upload needs a ticket for this blob: request one with blob.ticket'),
    );
  }
  await options.blobs.put(digest, authorized.bytes, request);
  sendJson(response, 201, { digest });
}

function errorBody(code: ErrorCode, message: string): object {
  return { error: { code, message } };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const { code, message } = toWireError(error);
  const status = isError(error) ? (STATUS[error.code] ?? 400) : 500;
  const text = status === 500 ? 'the scheduler failed to process the request: see its log' : message;
  // The rest of the request is not read, so the connection cannot be reused.
  response.setHeader('Connection', 'close');
  sendJson(response, status, { error: { code, message: text } });
}
