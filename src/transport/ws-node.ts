/**
 * WebSockets of Node: `connectNode` for clients, `acceptNode` for a server.
 * @module
 */
import { WebSocket } from 'ws';
import { HANDSHAKE_MS_MAX } from '../lib/socket-limits.js';
import { connectFailed, connectFailedInNode } from './connect-failed.js';
import { NodeConnection, WS_OPTIONS } from './node-connection.js';
import type { Connect } from './transport.js';

export { acceptNode } from './accept-node.js';

/** Opens a WebSocket. @throws CONNECT_FAILED, whose `cause` is Node's error */
export const connectNode: Connect = (url, { signal } = {}) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(connectFailed(url, 'aborted', 'it was aborted', signal.reason));
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, {
        ...WS_OPTIONS,
        handshakeTimeout: HANDSHAKE_MS_MAX,
        ...(isPrivate(url) ? { generateMask: noMask } : {}),
      });
    } catch (cause) {
      return reject(connectFailed(url, 'address', 'that is not the URL of a WebSocket', cause));
    }
    const connection = new NodeConnection(socket, url);
    const settle = (then: () => void): void => {
      signal?.removeEventListener('abort', onAbort);
      socket.off('open', onOpen).off('error', onError);
      then();
    };
    const onOpen = (): void => settle(() => resolve(connection));
    const onError = (cause: Error): void => settle(() => reject(connectFailedInNode(url, cause)));
    const onAbort = (): void => {
      settle(() => reject(connectFailed(url, 'aborted', 'it was aborted', signal!.reason)));
      socket.terminate();
    };
    socket.on('open', onOpen).on('error', onError);
    signal?.addEventListener('abort', onAbort, { once: true });
  });

/**
 * Masking protects proxies between the ends from bytes that a stranger chose. Where there can be no proxy (TLS, this
 * machine) the mask is zero, which saves both sides a copy of every message.
 */
function isPrivate(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (
    protocol === 'wss:' ||
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

function noMask(mask: Buffer): void {
  mask.fill(0);
}
