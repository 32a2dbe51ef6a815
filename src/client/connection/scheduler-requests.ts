/**
 * The part of a scheduler client that a worker's modules use.
 * @module
 */
import type { RequestBody, WorkerNotices, WorkerRequests } from '../../protocol/messages/messages.js';
import type { RetryPolicy } from './pending-requests.js';
import type { SchedulerClient } from './scheduler-client.js';

export type WorkerNotice = {
  [K in keyof WorkerNotices]: { type: K } & WorkerNotices[K];
}[keyof WorkerNotices];

export type SchedulerRequests = Pick<SchedulerClient<WorkerRequests>, 'request'> & {
  notify(message: WorkerNotice): void;
};

/** Reports and releases are repeated until the scheduler's store has accepted them, in order for each lease. */
export function leaseRetryPolicy(type: string, body: unknown): RetryPolicy | undefined {
  if (type !== 'lease.report' && type !== 'lease.release') return undefined;
  const { leaseId } = body as RequestBody<'lease.report' | 'lease.release'>;
  return { orderKey: leaseId, shouldRetry: () => true };
}
