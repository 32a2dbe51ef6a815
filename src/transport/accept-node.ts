/**
 * The server side of WebSockets, on an HTTP server that the caller owns. It limits their number, pings them, and ends a
 * connection whose peer sends nothing any more.
 * @module
 */
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { systemClock } from '../lib/clock.js';
import type { Clock } from '../lib/clock.js';
import { CONNECTIONS_MAX, IDLE_MS_MAX } from '../lib/socket-limits.js';
import { NodeConnection, WS_OPTIONS } from './node-connection.js';
import type { Connection } from './transport.js';

/** RFC 6455: the endpoint is going away. */
const GOING_AWAY = 1001;
/** Interval of pings to each peer, milliseconds. */
const PING_MS = IDLE_MS_MAX / 3;

/** Limits connections by IP address. */
export interface AddressLimiter {
  /** Counts a connection of that address, if it is allowed. @returns whether it is */
  acquire(address: string): boolean;
  /** Counts one connection of that address less; called when a counted one has closed. */
  release(address: string): void;
}

export interface AcceptOptions {
  clock?: Clock;
  /** @default CONNECTIONS_MAX */
  connectionsMax?: number;
  /** Limits connections by address. @default no limit but `connectionsMax` */
  limiter?: AddressLimiter;
}

export interface Acceptor {
  /** Refuses new connections, closes the open ones (1001) and resolves when they are closed. The HTTP server stays open. */
  close(): Promise<void>;
}

/**
 * Accepts WebSocket connections to `path`, and passes each on with its request headers. Upgrades to another path get 404,
 * those past a limit 503. An HTTP server has one acceptor at most.
 */
export function acceptNode(
  server: Server | TlsServer,
  path: string,
  onConnection: (connection: Connection, headers: IncomingHttpHeaders) => void,
  options: AcceptOptions = {},
): Acceptor {
  const { clock = systemClock, connectionsMax = CONNECTIONS_MAX, limiter } = options;
  const sockets = new WebSocketServer({ ...WS_OPTIONS, noServer: true, clientTracking: false });
  const open = new Map<WebSocket, { receivedMs: number }>();
  let state: 'open' | 'closing' = 'open';
  let gone: (() => void) | undefined;

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (pathOf(request) !== path) return refuse(socket, '404 Not Found');
    const { remoteAddress = '?', remotePort = 0 } = request.socket;
    if (state !== 'open' || open.size >= connectionsMax || limiter?.acquire(remoteAddress) === false) {
      return refuse(socket, '503 Service Unavailable');
    }
    // On the socket: a handshake that fails makes no WebSocket.
    socket.once('close', () => limiter?.release(remoteAddress));
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const peer = { receivedMs: clock.monotonicMs() };
      const received = (): void => void (peer.receivedMs = clock.monotonicMs());
      open.set(webSocket, peer);
      webSocket.on('message', received).on('pong', received);
      webSocket.on('close', () => {
        open.delete(webSocket);
        if (open.size === 0) gone?.();
      });
      onConnection(new NodeConnection(webSocket, `${remoteAddress}:${remotePort}`), request.headers);
    });
  };

  const pingAll = (): void => {
    const now = clock.monotonicMs();
    for (const [webSocket, peer] of open) {
      // While a socket is not read, silence says nothing about its peer.
      if (webSocket.isPaused) peer.receivedMs = now;
      if (now - peer.receivedMs >= IDLE_MS_MAX) webSocket.terminate();
      else if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
    }
    cancelPing = clock.after(PING_MS, pingAll, { background: true });
  };
  let cancelPing = clock.after(PING_MS, pingAll, { background: true });
  server.on('upgrade', onUpgrade);

  return {
    async close() {
      state = 'closing';
      cancelPing();
      server.off('upgrade', onUpgrade);
      if (open.size === 0) return;
      const allGone = new Promise<void>((resolve) => (gone = resolve));
      for (const webSocket of open.keys()) {
        if (webSocket.isPaused) webSocket.resume();
        webSocket.close(GOING_AWAY, 'the scheduler shuts down');
      }
      await allGone;
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0]!;
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
