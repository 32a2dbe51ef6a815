/**
 * The leases that a worker holds, each with its resources: the inputs, the fetches of inputs that are given by address, and
 * the reports. A lease that ends is disposed of exactly once.
 * @module
 */
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { RemoteInputs } from '../inputs/remote-inputs.js';
import type { Lease, LeaseId } from '../../protocol/messages/messages.js';
import type { LeaseInputs } from './lease-inputs.js';
import { LeaseReports } from './lease-requests.js';
import { SliceFetches } from './slice-fetches.js';

export interface WorkerLeasesPorts {
  client: SchedulerRequests;
  blobs: BlobCache;
  remotes: RemoteInputs;
}

/** The field of a `run` message with a slice's checkpoint, if there is one. */
export type LeaseCheckpoint = Pick<Lease, 'checkpoint'>;

/** Everything that a worker keeps for one lease beside the state of its core. `dispose` frees all of it. */
export class LeaseResources {
  readonly inputs: LeaseInputs;
  readonly fetches: SliceFetches;
  readonly reports: LeaseReports;

  #checkpoint: Lease['checkpoint'];

  constructor(
    inputs: LeaseInputs,
    checkpoint: Lease['checkpoint'],
    { client, blobs, remotes }: WorkerLeasesPorts,
  ) {
    this.inputs = inputs;
    this.#checkpoint = checkpoint;
    this.fetches = new SliceFetches(remotes);
    this.reports = new LeaseReports(client, blobs);
  }

  /** A slice of the lease has stored this: its sandbox may end, and the slice run again within the lease. */
  stored(checkpoint: NonNullable<Lease['checkpoint']>): void {
    this.#checkpoint = checkpoint;
  }

  /** The lease's checkpoint, if it is of one of these slices. */
  checkpointIn(first: number, count: number): LeaseCheckpoint {
    const slice = this.#checkpoint?.sliceNumber ?? 0;
    return slice >= first && slice < first + count ? { checkpoint: this.#checkpoint! } : {};
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
  add(leaseId: LeaseId, inputs: LeaseInputs, checkpoint?: Lease['checkpoint']): void {
    this.#leases.set(leaseId, new LeaseResources(inputs, checkpoint, this.#ports));
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
