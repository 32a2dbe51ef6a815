/**
 * The server's side of WebSockets, on an HTTP server that somebody else owns. Limits how many there are, pings them,
 * and ends a connection whose peer went silent.
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

/** RFC 6455: the endpoint goes away. */
const GOING_AWAY = 1001;
/** How often each peer is pinged: a third of the silence that ends it. */
const PING_MS = IDLE_MS_MAX / 3;

/** Who else has a say in who gets in, by IP address: it hears of each connection that it let in when that is gone. */
export interface ConnectionRoom {
  /** Takes a place, and says whether there was one. */
  enter(address: string): boolean;
  /** Gives it back. */
  leave(address: string): void;
}

export interface AcceptOptions {
  clock?: Clock;
  /** @default CONNECTIONS_MAX */
  connectionsMax?: number;
  /** Keeps one address from taking all. @default everybody gets in, up to `connectionsMax` */
  room?: ConnectionRoom;
}

export interface Acceptor {
  /** Takes no more, closes all there are (1001) and resolves when they are gone. The HTTP server stays. */
  close(): Promise<void>;
}

/**
 * Takes WebSocket connections to `path`, each with the headers that it came with. Upgrades to any other path get 404, those past the limit 503. One
 * acceptor an HTTP server.
 */
export function acceptNode(
  server: Server | TlsServer,
  path: string,
  onConnection: (connection: Connection, headers: IncomingHttpHeaders) => void,
  options: AcceptOptions = {},
): Acceptor {
  const { clock = systemClock, connectionsMax = CONNECTIONS_MAX, room } = options;
  const sockets = new WebSocketServer({ ...WS_OPTIONS, noServer: true, clientTracking: false });
  const open = new Map<WebSocket, { heardMs: number }>();
  let state: 'open' | 'closing' = 'open';
  let gone: (() => void) | undefined;

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (pathOf(request) !== path) return refuse(socket, '404 Not Found');
    const { remoteAddress = '?', remotePort = 0 } = request.socket;
    if (state !== 'open' || open.size >= connectionsMax || room?.enter(remoteAddress) === false) {
      return refuse(socket, '503 Service Unavailable');
    }
    // Of the socket, as a handshake that is refused makes no WebSocket.
    socket.once('close', () => room?.leave(remoteAddress));
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const peer = { heardMs: clock.monotonicMs() };
      const heard = (): void => void (peer.heardMs = clock.monotonicMs());
      open.set(webSocket, peer);
      webSocket.on('message', heard).on('pong', heard);
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
      // Whom we do not read, we cannot hear.
      if (webSocket.isPaused) peer.heardMs = now;
      if (now - peer.heardMs >= IDLE_MS_MAX) webSocket.terminate();
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
        webSocket.close(GOING_AWAY, 'the scheduler goes down');
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
