/**
 * What the worker's rooms need of the session with the scheduler. Requests keep the order of their calls and are
 * sent again after a reconnect; notices that nobody can hear are dropped.
 * @module
 */
import type { RequestBody, ReplyBody, WorkerNotices, WorkerRequests } from '../protocol/messages/messages.js';
import type { RetryPolicy } from '../transport/session.js';

export type WorkerNotice = {
  [K in keyof WorkerNotices]: { type: K } & WorkerNotices[K];
}[keyof WorkerNotices];

export interface SchedulerLink {
  request<K extends keyof WorkerRequests>(type: K, body: RequestBody<K>): Promise<ReplyBody<K>>;
  notify(message: WorkerNotice): void;
}

/** Outcomes, and what goes back, are said again until the scheduler's store takes them: those of a lease in their order. */
export function repeatOf<K extends keyof WorkerRequests>(
  type: K,
  body: RequestBody<K>,
): { retry?: RetryPolicy } {
  if (type !== 'lease.report' && type !== 'lease.release') return {};
  const { leaseId } = body as RequestBody<'lease.report' | 'lease.release'>;
  return { retry: { orderKey: leaseId, shouldRetry: () => true } };
}
