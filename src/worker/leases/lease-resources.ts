/**
 * Everything that a worker keeps for one lease beside the state of its core: the inputs, the fetches of inputs that are
 * given by address, and the reports. `dispose` frees all of it.
 * @module
 */
import type { SchedulerRequests } from '../../client/connection/scheduler-requests.js';
import type { BlobCache } from '../assets/blob-cache.js';
import type { RemoteInputs } from '../inputs/remote-inputs.js';
import type { LeaseInputs } from './lease-inputs.js';
import { LeaseReports } from './lease-reports.js';
import { SliceFetches } from './slice-fetches.js';

export interface LeaseResourcesPorts {
  client: SchedulerRequests;
  blobs: BlobCache;
  remotes: RemoteInputs;
}

export class LeaseResources {
  readonly inputs: LeaseInputs;
  readonly fetches: SliceFetches;
  readonly reports: LeaseReports;

  constructor(inputs: LeaseInputs, { client, blobs, remotes }: LeaseResourcesPorts) {
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
