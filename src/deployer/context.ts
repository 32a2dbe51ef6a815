/**
 * What all jobs of one scheduler share: ports, the connection, the blobs.
 * @module
 */
import { BlobStore } from './blobs.js';
import { SchedulerLink } from './link.js';
import type { DeployerPorts } from './ports.js';

export interface DeployerContext {
  readonly ports: DeployerPorts;
  readonly link: SchedulerLink;
  readonly blobs: BlobStore;
}

/** Opens no connection yet. @throws INVALID_ARGUMENT when the scheduler's address is malformed */
export function createContext(ports: DeployerPorts): DeployerContext {
  const link = new SchedulerLink(ports);
  return { ports, link, blobs: new BlobStore(ports, link) };
}
