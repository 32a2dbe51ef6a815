/**
 * Which commands must not pass one another: those that touch the same job, the same lease or all leases of a worker.
 * Appends number slices in their order, a report is taken where its lease's last one ended, and a worker that came back
 * must not be taken for one that left.
 * @module
 */
import type { Command } from './store.js';

/** What the command touches: two commands that share a key keep their order. */
export function orderKeys(command: Command): string[] {
  const keys: string[] = [];
  if ('jobId' in command) keys.push(`job ${command.jobId}`);
  if ('leaseId' in command) keys.push(`lease ${command.leaseId}`);
  if (isOfWorker(command)) keys.push(`worker ${command.workerId}`);
  return keys;
}

/** Those that set the deadlines of a worker's leases. */
function isOfWorker(command: Command): command is Extract<Command, { name: 'renew' | 'adopt' | 'orphan' }> {
  return command.name === 'renew' || command.name === 'adopt' || command.name === 'orphan';
}
