/**
 * The part of the scheduler session that the worker uses. Requests keep the order of their calls and are sent again
 * after a reconnect; notices are dropped while disconnected.
 * @module
 */
import type { RequestBody, ReplyBody, WorkerNotices, WorkerRequests } from '../protocol/messages/messages.js';
import type { ClientSession, RetryPolicy } from '../transport/session.js';

export type WorkerNotice = {
  [K in keyof WorkerNotices]: { type: K } & WorkerNotices[K];
}[keyof WorkerNotices];

export interface SchedulerRequests {
  request<K extends keyof WorkerRequests>(type: K, body: RequestBody<K>): Promise<ReplyBody<K>>;
  notify(message: WorkerNotice): void;
}

/** The typed requests of a session; its codec checks every reply. */
export function schedulerRequests(session: ClientSession<WorkerRequests>): SchedulerRequests {
  return {
    request: (type, body) => session.request(type, body, repeatOptions(type, body)),
    notify: (message) => session.notify(message),
  };
}

/** Reports and releases are repeated until the scheduler's store has accepted them, in order for each lease. */
function repeatOptions<K extends keyof WorkerRequests>(
  type: K,
  body: RequestBody<K>,
): { retry?: RetryPolicy } {
  if (type !== 'lease.report' && type !== 'lease.release') return {};
  const { leaseId } = body as RequestBody<'lease.report' | 'lease.release'>;
  return { retry: { orderKey: leaseId, shouldRetry: () => true } };
}
