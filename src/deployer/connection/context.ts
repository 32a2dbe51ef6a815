/**
 * What all jobs of one deployer share: its ports, the connection to the scheduler and the blob client.
 * @module
 */
import type { SchedulerClient } from '../../client/connection/scheduler-client.js';
import { BlobClient } from '../../client/http/blob-client.js';
import { Emitter } from '../../lib/events.js';
import type { DeployerRequests } from '../../protocol/messages/messages.js';
import type { ConnectionEvents } from './connection-events.js';
import { DeployerConnection } from './deployer-connection.js';
import { localPorts } from './local-ports.js';
import type { DeployerPorts } from './ports.js';
import { NoWorkersWarning } from './worker-watch.js';

/**
 * Attempts at one transfer of a blob, which take about half a minute with the delays between them, and the maximum time of
 * each, milliseconds: the largest blob at 64 KiB a second.
 */
const BLOB_ATTEMPTS_MAX = 9;
const BLOB_ATTEMPT_MS_MAX = 1_024_000;

export interface DeployerContext {
  readonly ports: DeployerPorts;
  readonly connection: DeployerConnection;
  /** The client of `connection`. */
  readonly client: SchedulerClient<DeployerRequests>;
  readonly blobs: BlobClient;
  readonly noWorkersWarning: NoWorkersWarning;
  /** Emits the events of the shared connection. */
  readonly events: Emitter<ConnectionEvents>;
  /** The shared connection, or another one if that follows this job already: a connection can follow a job once. */
  connectionToFollow(jobId: string): DeployerConnection;
  /** The context of jobs that run in this process with so many cores. */
  local(cores: number): DeployerContext;
}

/**
 * Creates a context without opening a connection.
 * @throws INVALID_ARGUMENT when the scheduler's address is malformed
 */
export function createContext(ports: DeployerPorts): DeployerContext {
  const connection = new DeployerConnection(ports);
  const { client } = connection;
  const connections = [connection];
  const events = new Emitter<ConnectionEvents>({ reconnecting: true, reconnected: true });
  connection.outage.observe({
    disconnected: (error) => events.emit('reconnecting', { error, message: error.message }),
    reconnected: (downMs) => events.emit('reconnected', { downMs }),
    isHandled: () => events.listenerCount('reconnecting') > 0,
  });
  const { fetch, clock, random } = ports;
  const localContexts = new Map<number, DeployerContext>();
  return {
    ports,
    connection,
    client,
    events,
    blobs: new BlobClient({
      http: client.url.http,
      fetch,
      clock,
      random,
      requestTicket: (ref, options) => client.request('blob.ticket', ref, options),
      attemptsMax: BLOB_ATTEMPTS_MAX,
      attemptMsMax: BLOB_ATTEMPT_MS_MAX,
    }),
    noWorkersWarning: new NoWorkersWarning(ports.warn),
    connectionToFollow(jobId) {
      const free = connections.find(({ notices }) => !notices.hasSubscriber(jobId));
      if (free !== undefined) return free;
      const another = new DeployerConnection(ports);
      connections.push(another);
      return another;
    },
    local(cores) {
      const context = localContexts.get(cores) ?? createContext(localPorts(ports, { cores }));
      localContexts.set(cores, context);
      return context;
    },
  };
}
