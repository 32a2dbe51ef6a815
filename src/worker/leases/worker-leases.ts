/**
 * The leases that a worker holds, each with its resources: the inputs, the fetches of inputs that are given by address, and
 * the reports. A lease that ends is disposed of exactly once.
 * @module
 */
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { RemoteInputs } from '../inputs/remote-inputs.js';
import type { LeaseId } from '../../protocol/messages/messages.js';
import type { LeaseInputs } from './lease-inputs.js';
import { LeaseReports } from './lease-reports.js';
import { SliceFetches } from './slice-fetches.js';

export interface WorkerLeasesPorts {
  client: SchedulerRequests;
  blobs: BlobCache;
  remotes: RemoteInputs;
}

/** Everything that a worker keeps for one lease beside the state of its core. `dispose` frees all of it. */
export class LeaseResources {
  readonly inputs: LeaseInputs;
  readonly fetches: SliceFetches;
  readonly reports: LeaseReports;

  constructor(inputs: LeaseInputs, { client, blobs, remotes }: WorkerLeasesPorts) {
    this.inputs = inputs;
    this.fetches = new SliceFetches(remotes);
    this.reports = new LeaseReports(client, blobs);
  }

  /** The slices from `end` on are released: their inputs are not fetched any more. */
  truncate(end: number): void {
    this.inputs.truncate(end);
    this.fetches.drop(end);
  }

  /** The lease has ended: its fetches are aborted, and reports that wait are not sent. */
  dispose(): void {
    this.fetches.drop();
    this.reports.close();
  }
}

export class WorkerLeases {
  readonly #ports: WorkerLeasesPorts;
  readonly #leases = new Map<LeaseId, LeaseResources>();

  constructor(ports: WorkerLeasesPorts) {
    this.#ports = ports;
  }

  /** Number of leases that are held. */
  get size(): number {
    return this.#leases.size;
  }

  get(leaseId: LeaseId): LeaseResources | undefined {
    return this.#leases.get(leaseId);
  }

  /** A lease was granted. */
  add(leaseId: LeaseId, inputs: LeaseInputs): void {
    this.#leases.set(leaseId, new LeaseResources(inputs, this.#ports));
  }

  /** The lease has ended: its resources are freed. */
  end(leaseId: LeaseId): void {
    const resources = this.#leases.get(leaseId);
    this.#leases.delete(leaseId);
    resources?.dispose();
  }

  /** Ends all leases: the worker has stopped. */
  close(): void {
    for (const leaseId of [...this.#leases.keys()]) this.end(leaseId);
  }
}
