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
  if (isOfWorker(command)) keys.push(`worker ${command.workerId}`);
  return keys;
}

/** Commands that set the deadlines of all leases of a worker. */
function isOfWorker(
  command: Command,
): command is Extract<Command, { name: 'renewLeases' | 'reattachLeases' | 'shortenLeases' }> {
  return (
    command.name === 'renewLeases' || command.name === 'reattachLeases' || command.name === 'shortenLeases'
  );
}
