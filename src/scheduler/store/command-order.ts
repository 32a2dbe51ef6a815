/**
 * Which commands must not pass one another: those that touch the same job or the same lease. Appends number slices in
 * their order, and a report is taken where its lease's last one ended.
 * @module
 */
import type { Command } from './store.js';

/** What the command touches: two commands that share a key keep their order. */
export function orderKeys(command: Command): string[] {
  const keys: string[] = [];
  if ('jobId' in command) keys.push(`job ${command.jobId}`);
  if ('leaseId' in command) keys.push(`lease ${command.leaseId}`);
  return keys;
}
