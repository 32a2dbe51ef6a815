/**
 * Which commands must keep their order: those on the same job, the same lease or all leases of a worker. Appends number
 * slices in order, a report continues where the lease's previous one ended, and a reconnect must not be undone by the
 * earlier disconnect.
 * @module
 */
import type { Command } from './store.js';

/** The command's order keys: two commands with a common key keep their order. */
export function orderKeys(command: Command): string[] {
  const keys: string[] = [];
  if ('jobId' in command) keys.push(`job ${command.jobId}`);
  if ('leaseId' in command) keys.push(`lease ${command.leaseId}`);
  const worker = workerKey(command);
  if (worker !== undefined) keys.push(worker);
  return keys;
}

/**
 * The key of a command on all leases of a worker: it sets their deadlines or lists them, or it adds a lease, which must not
 * be among those that an earlier command lists.
 */
export function workerKey(command: Command): string | undefined {
  switch (command.name) {
    case 'renewLeases':
    case 'reattachLeases':
    case 'shortenLeases':
      return `worker ${command.workerId}`;
    case 'grantLease':
      return `worker ${command.worker.workerId}`;
    default:
      return undefined;
  }
}
