/**
 * An error as a person reads it: what is wrong and its code. A stack only where the fault may be ours.
 * @module
 */
import { isError } from '../entry/deployer.node.js';
import { printable } from './terminal.js';

/** The text for the terminal. */
export function describeError(error: unknown): string {
  if (isError(error)) {
    const isOurs = error.code === 'INTERNAL';
    return `manyhands: ${printable(error.message)} [${error.code}]${isOurs ? `\n${error.stack ?? ''}` : ''}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `manyhands: unexpected: ${text}`;
}

/** Commander's complaint on one line: it writes "error: …", and what one may have meant on a line of its own. */
export function describeUsage(complaint: string): string {
  const text = complaint.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  return `manyhands: ${text.trim()}\n`;
}
