/**
 * Limits on the sockets of a node's HTTP server: their number, their number for each network, and time-outs of requests.
 * The time-outs end with an upgrade to a WebSocket, which is pinged instead.
 * @module
 */
import type { Server, ServerOptions } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '../../lib/clock.js';
import {
  HTTP_HEADERS_MS_MAX,
  HTTP_IDLE_MS_MAX,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_MS_MAX,
} from '../../protocol/limits.js';
import type { Log } from '../log/log.js';
import { ConnectionLimiter } from './connection-limiter.js';

/** Interval between two checks for slow requests, milliseconds. */
const CHECK_INTERVAL_MS = 1_000;
/** Shortest interval between two log entries about refused sockets, milliseconds. */
const LOG_INTERVAL_MS = 60_000;

export interface RequestTimeouts {
  /** Milliseconds from the connection, or from the previous response, to the end of a request's headers. */
  headersMs: number;
  /** Milliseconds to the end of its body. */
  requestMs: number;
  /** Interval between two checks of these, milliseconds. */
  checkIntervalMs: number;
  /** Milliseconds without traffic in a request or response after which the socket is closed. */
  idleMs: number;
  /** Milliseconds for which an idle socket is kept for a further request. */
  keepAliveMs: number;
}

const REQUEST_TIMEOUTS: RequestTimeouts = {
  headersMs: HTTP_HEADERS_MS_MAX,
  requestMs: HTTP_REQUEST_MS_MAX,
  checkIntervalMs: CHECK_INTERVAL_MS,
  idleMs: HTTP_IDLE_MS_MAX,
  keepAliveMs: HTTP_KEEP_ALIVE_MS,
};

/** Options for the HTTP server that end requests which take too long. */
export function timeoutOptions(limits = REQUEST_TIMEOUTS): ServerOptions & { handshakeTimeout: number } {
  return {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    keepAliveTimeout: limits.keepAliveMs,
    // For the TLS handshake, which precedes the headers.
    handshakeTimeout: limits.headersMs,
  };
}

/** Closes new sockets that the connection limiter refuses, and logs it; call it before the server listens. */
export function limitSockets(
  server: Server | TlsServer,
  max: number,
  { clock, log, limits = REQUEST_TIMEOUTS }: { clock: Clock; log: Log; limits?: RequestTimeouts },
): void {
  const limiter = new ConnectionLimiter(max);
  let refused = 0;
  let loggedMs = -Infinity;
  const logRefusal = (address: string): void => {
    refused += 1;
    const now = clock.monotonicMs();
    if (now - loggedMs < LOG_INTERVAL_MS) return;
    log('warn', 'sockets refused', { last: address, refused, open: limiter.total });
    loggedMs = now;
    refused = 0;
  };
  server.timeout = limits.idleMs;
  // With TLS these are the TCP sockets below it; they are closed without a reply.
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (!limiter.acquire(address)) {
      logRefusal(address);
      return void socket.destroy();
    }
    socket.once('close', () => limiter.release(address));
  });
}
