/**
 * Any number of listeners in one process, to which clients connect by address.
 * @module
 */
import { ManyhandsError } from '../lib/errors.js';
import { connectFailed } from '../transport/connect-failed.js';
import { memoryPair, type MemoryOptions } from '../transport/memory.js';
import type { Connect, Connection } from '../transport/transport.js';

export interface MemoryNetwork {
  connect: Connect;
  /** Accepts connections to `url` until the returned function is called. @throws ADDRESS_IN_USE */
  listen(url: string, onConnection: (connection: Connection) => void): () => void;
}

/** Any number of listeners, by their address. */
export function memoryNetwork(options: MemoryOptions = {}): MemoryNetwork {
  const listeners = new Map<string, (connection: Connection) => void>();
  return {
    listen(url, onConnection) {
      if (listeners.has(url)) {
        throw new ManyhandsError('ADDRESS_IN_USE', `Something listens at ${url} already.`, { url });
      }
      listeners.set(url, onConnection);
      return () => void listeners.delete(url);
    },
    connect(url, { signal } = {}) {
      if (signal?.aborted)
        return Promise.reject(connectFailed(url, 'aborted', 'it was aborted', signal.reason));
      const listener = listeners.get(url);
      if (listener === undefined)
        return Promise.reject(connectFailed(url, 'refused', 'nothing listens there'));
      const [client, server] = memoryPair(options);
      listener(server);
      return Promise.resolve(client);
    },
  };
}
