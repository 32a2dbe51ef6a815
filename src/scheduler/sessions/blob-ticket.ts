/**
 * The reply to `blob.ticket`, which deployers and workers request alike.
 * @module
 */
import type { SchedulerNode } from '../services/scheduler-node.js';

/** The reply to `blob.ticket`: a ticket to upload the blob, or that it is already stored. */
export async function issueTicket(node: SchedulerNode, digest: string, bytes: number): Promise<object> {
  if ((await node.options.blobs.size(digest)) !== undefined) return { exists: true };
  return { exists: false, ticket: node.tickets.issue(digest, bytes) };
}
