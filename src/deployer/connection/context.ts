/**
 * What all jobs of one scheduler share: ports, the connection, the blobs.
 * @module
 */
import { BlobStore } from './blob-client.js';
import { Emitter } from '../../lib/events.js';
import type { ConnectionEvents } from './connection-events.js';
import { SchedulerLink } from './scheduler-client.js';
import type { DeployerPorts } from './ports.js';
import { WorkersMissing } from './worker-watch.js';

export interface DeployerContext {
  readonly ports: DeployerPorts;
  readonly link: SchedulerLink;
  readonly blobs: BlobStore;
  readonly missing: WorkersMissing;
  /** Tells of the shared connection. */
  readonly connection: Emitter<ConnectionEvents>;
  /** The shared connection; a further one where that follows this job already: one follow a job and connection. */
  linkToFollow(jobId: string): SchedulerLink;
}

/** Opens no connection yet. @throws INVALID_ARGUMENT when the scheduler's address is malformed */
export function createContext(ports: DeployerPorts): DeployerContext {
  const link = new SchedulerLink(ports);
  const links = [link];
  const connection = new Emitter<ConnectionEvents>({ reconnecting: true, reconnected: true });
  link.outage.observe({
    lost: (error) => connection.emit('reconnecting', { error, message: error.message }),
    back: (downMs) => connection.emit('reconnected', { downMs }),
    isHeard: () => connection.listenerCount('reconnecting') > 0,
  });
  return {
    ports,
    link,
    connection,
    blobs: new BlobStore(ports, link),
    missing: new WorkersMissing(ports.warn),
    linkToFollow(jobId) {
      const free = links.find((one) => !one.follows(jobId));
      if (free !== undefined) return free;
      const further = new SchedulerLink(ports);
      links.push(further);
      return further;
    },
  };
}
