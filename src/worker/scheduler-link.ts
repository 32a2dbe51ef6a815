/**
 * What the worker's rooms need of the session with the scheduler. Requests keep the order of their calls and are
 * sent again after a reconnect; notices that nobody can hear are dropped.
 * @module
 */
import type { RequestBody, ReplyBody, WorkerNotices, WorkerRequests } from '../protocol/messages.js';

export type WorkerNotice = {
  [K in keyof WorkerNotices]: { type: K } & WorkerNotices[K];
}[keyof WorkerNotices];

export interface SchedulerLink {
  request<K extends keyof WorkerRequests>(type: K, body: RequestBody<K>): Promise<ReplyBody<K>>;
  notify(message: WorkerNotice): void;
}
