/**
 * What all jobs of one deployer share: its ports, the connection to the scheduler and the blob client.
 * @module
 */
import { BlobTransfers } from './blob-transfers.js';
import { Emitter } from '../../lib/events.js';
import type { ConnectionEvents } from './connection-events.js';
import { SchedulerClient } from './scheduler-client.js';
import type { DeployerPorts } from './ports.js';
import { NoWorkersWarning } from './worker-watch.js';

export interface DeployerContext {
  readonly ports: DeployerPorts;
  readonly client: SchedulerClient;
  readonly blobs: BlobTransfers;
  readonly noWorkersWarning: NoWorkersWarning;
  /** Emits the events of the shared connection. */
  readonly connection: Emitter<ConnectionEvents>;
  /** The shared client, or another one if that follows this job already: a connection can follow a job once. */
  clientToFollow(jobId: string): SchedulerClient;
}

/**
 * Creates a context without opening a connection.
 * @throws INVALID_ARGUMENT when the scheduler's address is malformed
 */
export function createContext(ports: DeployerPorts): DeployerContext {
  const client = new SchedulerClient(ports);
  const clients = [client];
  const connection = new Emitter<ConnectionEvents>({ reconnecting: true, reconnected: true });
  client.outage.observe({
    disconnected: (error) => connection.emit('reconnecting', { error, message: error.message }),
    reconnected: (downMs) => connection.emit('reconnected', { downMs }),
    isHandled: () => connection.listenerCount('reconnecting') > 0,
  });
  return {
    ports,
    client,
    connection,
    blobs: new BlobTransfers(ports, client),
    noWorkersWarning: new NoWorkersWarning(ports.warn),
    clientToFollow(jobId) {
      const free = clients.find((one) => !one.hasSubscriber(jobId));
      if (free !== undefined) return free;
      const another = new SchedulerClient(ports);
      clients.push(another);
      return another;
    },
  };
}
