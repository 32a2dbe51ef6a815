/**
 * What the matchmaker and the recalls know of a connected worker and of its requests.
 * @module
 */
import type { WorkerDescription, WorkerNotices } from '../../protocol/messages/messages.js';
import type { LeaseHolder } from './lease-registry.js';

/** As the worker sent it: `request` is its number, and `idle` is false when the worker requests in advance. */
export type LeaseRequest = Readonly<WorkerNotices['lease.request']>;

export interface WorkerHandle extends LeaseHolder {
  readonly description: WorkerDescription;
}
