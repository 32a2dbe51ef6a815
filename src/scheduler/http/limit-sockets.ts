/**
 * Bounds on the sockets of a node's HTTP server: how many, how many of one network, and how long a request may take to
 * come in. WebSockets leave all of the times behind with their upgrade: they are pinged instead.
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
import { SocketRoom } from './connection-limiter.js';

/** How often requests are looked at that take too long, milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** How often the log hears of sockets that were refused, milliseconds. */
const SAY_EVERY_MS = 60_000;

export interface SlowLimits {
  /** Milliseconds from connecting, or from the answer before, to the end of a request's headers. */
  headersMs: number;
  /** And to the end of its body. */
  requestMs: number;
  /** How often that is looked at, milliseconds. */
  lookEveryMs: number;
  /** Milliseconds for which a request or an answer may stand still. */
  idleMs: number;
  /** And for which a socket is kept for a further request. */
  keepAliveMs: number;
}

const SLOW_LIMITS: SlowLimits = {
  headersMs: HTTP_HEADERS_MS_MAX,
  requestMs: HTTP_REQUEST_MS_MAX,
  lookEveryMs: LOOK_EVERY_MS,
  idleMs: HTTP_IDLE_MS_MAX,
  keepAliveMs: HTTP_KEEP_ALIVE_MS,
};

/** What the server is to be made with, so that nobody holds a socket by a request that never ends. */
export function slowOptions(limits = SLOW_LIMITS): ServerOptions & { handshakeTimeout: number } {
  return {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.lookEveryMs,
    keepAliveTimeout: limits.keepAliveMs,
    // Of TLS, which comes before.
    handshakeTimeout: limits.headersMs,
  };
}

/** Refuses sockets past `max`, and those of a network that would leave the others too few; before the server listens. */
export function limitSockets(
  server: Server | TlsServer,
  max: number,
  { clock, log, limits = SLOW_LIMITS }: { clock: Clock; log: Log; limits?: SlowLimits },
): void {
  const room = new SocketRoom(max);
  let refused = 0;
  let saidMs = -Infinity;
  const say = (address: string): void => {
    refused += 1;
    const now = clock.monotonicMs();
    if (now - saidMs < SAY_EVERY_MS) return;
    log('warn', 'sockets refused', { last: address, refused, open: room.total });
    saidMs = now;
    refused = 0;
  };
  server.timeout = limits.idleMs;
  // With TLS these are the sockets below it; refused without a word.
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (!room.enter(address)) {
      say(address);
      return void socket.destroy();
    }
    socket.once('close', () => room.leave(address));
  });
}
